import { fc, test as property } from '@fast-check/vitest'
import { finalize, from, lastValueFrom, map, take, tap, throwError, toArray, type Observable } from 'rxjs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { collectFeatures } from '../collect.js'
import { concatFeatures, pickFeatures, type FeatureBatch } from '../payload/features.js'
import { someFeatures } from '../testing/fixtures.js'
import { batchRows, foldTable, mapRows, pulled, release, streamBound, zipById } from './index.js'

const table = someFeatures({ numSamples: 90, numFeatures: 2 })

/** The table as a pulled stream of batches of some sizes, over and over, and what is known of it. */
function source(sizes: readonly number[] = [3]): {
  readonly batches$: Observable<FeatureBatch>
  readonly seen: { mostHeld: number; numHanded: number; isClosed: boolean }
} {
  const seen = { mostHeld: 0, numHanded: 0, isClosed: false }
  const read = async function* (): AsyncGenerator<FeatureBatch> {
    try {
      for (let from = 0, turn = 0; from < table.ids.length; turn++) {
        const to = Math.min(table.ids.length, from + sizes[turn % sizes.length]!)
        await Promise.resolve()
        yield pickFeatures(
          table,
          Array.from({ length: to - from }, (_, at) => from + at),
        )
        from = to
      }
    } finally {
      seen.isClosed = true
    }
  }
  const watch = (numHeld: number): void => {
    seen.mostHeld = Math.max(seen.mostHeld, numHeld)
    seen.numHanded++
  }
  return { batches$: pulled(read, { watch }), seen }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const doubled = (batch: FeatureBatch): FeatureBatch => ({
  ...batch,
  features: batch.features.map((value) => 2 * value),
})

test('mapRows keeps the order of batches whatever their work takes, and no more are under way than said', async () => {
  let underWay = 0
  let most = 0
  const slow = async (batch: FeatureBatch): Promise<FeatureBatch> => {
    most = Math.max(most, ++underWay)
    for (let turns = 0; turns < batch.features[0]! % 3; turns++) await turn()
    underWay--
    return doubled(batch)
  }
  const { batches$ } = source()
  const got = await collectFeatures(batches$.pipe(mapRows(slow, { concurrency: 3 })))
  expect(got.ids).toEqual(table.ids)
  expect(got.features).toEqual(doubled(table).features)
  expect(most).toBe(3)
  expect(() => mapRows(doubled, { concurrency: streamBound.batches + 1 })).toThrow(RangeError)
})

test('a batch is released at the source when what three operators made of it is', async () => {
  const { batches$, seen } = source()
  const waiting: FeatureBatch[] = []
  const made$ = batches$.pipe(mapRows(doubled), batchRows(6), mapRows(doubled))
  const subscription = made$.subscribe((batch) => waiting.push(batch))
  for (let turns = 0; turns < 3; turns++) await turn()
  // Somebody is at work on the first: nothing rests while a timer is pending.
  const before = seen.numHanded
  expect(waiting).toHaveLength(1)
  release(waiting[0]!)
  for (let turns = 0; turns < 3; turns++) await turn()
  expect(waiting.length).toBeGreaterThan(1)
  expect(seen.numHanded).toBeGreaterThanOrEqual(before)
  expect(seen.mostHeld).toBeLessThanOrEqual(streamBound.batches)
  subscription.unsubscribe()
})

test('operators that wait for a batch hold none of those before it', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const made: WeakRef<FeatureBatch>[] = []
  const remembered = (batch: FeatureBatch): FeatureBatch => {
    made.push(new WeakRef(batch))
    return batch
  }
  const numBatches = 12
  let numRead = 0
  // By hand: a generator would itself keep what it gave last.
  const next = (): Promise<IteratorResult<FeatureBatch>> =>
    numRead++ < numBatches
      ? Promise.resolve({ done: false, value: remembered(pickFeatures(table, [0, 1, 2])) })
      : new Promise(() => undefined)
  let numFolded = 0
  const subscription = pulled(() => ({ [Symbol.asyncIterator]: () => ({ next }) }))
    .pipe(
      mapRows((batch) => remembered(doubled(batch))),
      batchRows(6),
      foldTable(
        (sum, { ids }) => (numFolded = sum + ids.length),
        () => 0,
      ),
    )
    .subscribe()
  for (let turns = 0; turns < 20 * numBatches && numRead <= numBatches; turns++) await turn()
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(numFolded).toBe(3 * numBatches)
  collectGarbage()
  expect(made).toHaveLength(2 * numBatches)
  expect(made.filter((batch) => batch.deref() !== undefined)).toHaveLength(0)
  subscription.unsubscribe()
})

property.prop([
  fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
  fc.integer({ min: 1, max: 100 }),
])('batchRows gives the same rows in batches of the size', async (sizes, numRows) => {
  const got = await lastValueFrom(source(sizes).batches$.pipe(batchRows(numRows), toArray()))
  expect(concatFeatures(got)).toEqual(table)
  expect(got.slice(0, -1).every(({ ids }) => ids.length === numRows)).toBe(true)
  expect(got.at(-1)!.ids.length).toBeLessThanOrEqual(numRows)
})

test('batchRows hands on the one empty batch of a stream without rows: it says what the columns are', async () => {
  const none = pickFeatures(table, [])
  expect(await lastValueFrom(from([none]).pipe(batchRows(5), toArray()))).toEqual([none])
})

test('foldTable gives one value of all batches, and of none', async () => {
  const count = foldTable(
    (sum: number, batch: FeatureBatch) => sum + batch.ids.length,
    () => 0,
  )
  expect(await lastValueFrom(source().batches$.pipe(count))).toBe(90)
  expect(await lastValueFrom(from([]).pipe(count))).toBe(0)
})

test('foldTable waits for each fold', async () => {
  const { batches$, seen } = source()
  let most = 0
  const slow = async (sum: number, batch: FeatureBatch): Promise<number> => {
    most = Math.max(most, seen.numHanded - sum / 3)
    await turn()
    return sum + batch.ids.length
  }
  expect(await lastValueFrom(batches$.pipe(foldTable(slow, () => 0)))).toBe(90)
  expect(most).toBeLessThanOrEqual(streamBound.batches)
})

test('zipById joins streams of other batches, and names a row that one of them lacks', async () => {
  const named = (name: string, value: Observable<FeatureBatch>) => ({ name, value })
  const [a$, b$] = [source([3, 5]).batches$, source([4]).batches$.pipe(map(doubled))]
  const pairs = await lastValueFrom(zipById([named('a', a$), named('b', b$)]).pipe(toArray()))
  expect(concatFeatures(pairs.map(([a]) => a!))).toEqual(table)
  expect(concatFeatures(pairs.map(([, b]) => b!))).toEqual(doubled(table))
  const fewer$ = source([4]).batches$.pipe(take(2))
  await expect(lastValueFrom(zipById([named('a', source().batches$), named('b', fewer$)]))).rejects.toMatchObject({
    code: 'ERR_MISSING_ID',
  })
})

test.for([
  ['mapRows', mapRows(doubled)],
  ['batchRows', batchRows<FeatureBatch>(7)],
  [
    'foldTable',
    foldTable(
      (sum: number, { ids }: FeatureBatch) => sum + ids.length,
      () => 0,
    ),
  ],
] as const)('%s hands an error on, and ends its source when it is left', async ([, operator]) => {
  const broken$ = throwError(() => new Error('upstream broke')) as Observable<FeatureBatch>
  await expect(lastValueFrom((broken$ as Observable<never>).pipe(operator as never))).rejects.toThrow('upstream broke')
  let isLeft = false
  const { batches$, seen } = source()
  const left$ = batches$.pipe(
    finalize(() => (isLeft = true)),
    operator as never,
    take(1),
  )
  await lastValueFrom(left$)
  await turn()
  expect([isLeft, seen.isClosed]).toEqual([true, true])
})

test('an error while several are under way is told once, and nothing is left unheard', async () => {
  let numCalled = 0
  const failing = (): Promise<FeatureBatch> => Promise.reject(new Error(`failure ${String(++numCalled)}`))
  await expect(lastValueFrom(source().batches$.pipe(mapRows(failing, { concurrency: 3 })))).rejects.toThrow('failure 1')
  await turn()
})

test('a stream ends its reading when nobody listens any more', async () => {
  const { batches$, seen } = source()
  await lastValueFrom(batches$.pipe(tap(release), take(5)))
  await turn()
  expect(seen).toMatchObject({ numHanded: 5, isClosed: true })
})
