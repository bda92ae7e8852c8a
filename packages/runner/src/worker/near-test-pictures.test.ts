import type { ImageBatch, Partition } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { refuseNearTestPictures, type ComparedSet } from './near-test-pictures.js'

const side = 40
/** Waves of their own for each number; `shift` brightens them, so that their bytes differ. */
const wave = (number: number, shift: number): Uint8Array =>
  Uint8Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)]
    return 120 + 50 * Math.sin(x / (2 + number / 5) + number) + 50 * Math.cos(y / (9 - number / 5) + 2 * number) + shift
  })

type Row = readonly [number: number, partition: Partition]
const set = (
  name: string,
  rows: readonly Row[],
  { shift = 0, sources = name, loaded = [] as string[] } = {},
): ComparedSet => {
  const ids = rows.map(([number]) => `${name}/${String(number)}.png`)
  const stored = {
    kind: 'images' as const,
    ids,
    sourceIds: rows.map(([number]) => `${sources}-${String(number)}`),
    partitions: rows.map(([, partition]) => partition),
    labels: new Int32Array(rows.length),
    groups: ids,
    classNames: ['a'],
    uris: ids,
    parentIds: ids,
    transforms: ids.map(() => []),
  }
  const load = (row: number) => {
    loaded.push(ids[row]!)
    return Promise.resolve({
      dtype: 'uint8' as const,
      shape: [side, side, 1] as const,
      data: wave(rows[row]![0], shift),
    })
  }
  const pictures: ImageBatch = { ...stored, load }
  return {
    name,
    async *batches() {
      yield { stored, pictures }
    },
  }
}
const visible = new Set<Partition>(['train'])
const check = (sets: readonly ComparedSet[]) => refuseNearTestPictures(sets, visible, () => undefined)

test.for([false, true])('a picture that is nearly a test picture of another set is named with it', async (isTurned) => {
  const sets = [
    set('target', [[1, 'train'], [2, 'test'], [3, 'test']]),
    set('corpus', [[2, 'train'], [7, 'train'], [8, 'train']], { shift: 3 }),
  ] // prettier-ignore
  await expect(check(isTurned ? sets.reverse() : sets)).rejects.toMatchObject({
    code: 'ERR_LEAKAGE',
    message: '"corpus" holds near-duplicates of test rows of "target": "corpus/2.png" of "target/2.png"',
    received: '1 of them',
  })
})
test('near train rows, or what is not learned from, are no matter', async () => {
  await check([
    set('target', [[1, 'train'], [2, 'val'], [3, 'test']]),
    set('corpus', [[1, 'train'], [2, 'train'], [3, 'val'], [8, 'test']], { shift: 3 }),
  ]) // prettier-ignore
})
test('what is in both sets is the split’s matter', async () => {
  const rows: readonly Row[] = [[1, 'train'], [2, 'test'], [3, 'test']] // prettier-ignore
  await check([set('few', rows, { sources: 'same' }), set('all', [[1, 'train'], [2, 'train']], { sources: 'same' })]) // prettier-ignore
})
test('without test rows nothing is decoded', async () => {
  const loaded: string[] = []
  await check([set('target', [[1, 'train'], [2, 'val']], { loaded }), set('corpus', [[3, 'train']], { loaded })]) // prettier-ignore
  expect(loaded).toEqual([])
})
