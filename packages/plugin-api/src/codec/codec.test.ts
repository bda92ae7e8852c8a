import { fc, test as property } from '@fast-check/vitest'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { rowsPerBatch } from '../streams/bound.js'
import { createRowWriter, openRowReader, pickStored, type StoredBatch } from './index.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-codec-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function encode(batches: readonly StoredBatch[]): Uint8Array {
  const chunks: Uint8Array[] = []
  const writer = createRowWriter(batches[0]!.kind, (bytes) => chunks.push(bytes.slice()))
  for (const batch of batches) writer.write(batch)
  writer.close()
  return Buffer.concat(chunks)
}

async function decode(source: Uint8Array | string): Promise<StoredBatch[]> {
  const batches: StoredBatch[] = []
  for await (const batch of (await openRowReader(source)).batches()) batches.push(batch)
  return batches
}

test.for([
  ['float32', Float32Array.of(0.5, -1, 2, 3, 1e-30, 7)],
  ['int32', Int32Array.of(-1, 2 ** 30, 3, 4, 5, 6)],
  ['uint8', Uint8Array.of(0, 255, 3, 4, 5, 6)],
] as const)('tensors of %s come back with shape, dtype and bits', async ([dtype, data]) => {
  const batch: StoredBatch = { kind: 'tensor', ...someRows(3), dtype, shape: [2, 1], data }
  expect(await decode(encode([batch]))).toEqual([batch])
  await expect(async () => encode([batch, { ...batch, shape: [1, 2] }])).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
})

test('counts the rows in the file: a batch with arrays of another type ends it, in silence', () => {
  const batchOf = (numSamples: number): StoredBatch => {
    const rows = someRows(numSamples)
    const scores = Float32Array.from({ length: 2 * numSamples }) as unknown as Float64Array
    return { kind: 'predictions', ...rows, scores, scoreKind: 'margin', predicted: rows.labels }
  }
  const columns = { ...batchOf(rowsPerBatch + 10) }
  expect(() => encode([batchOf(rowsPerBatch + 1), batchOf(10), batchOf(10)])).not.toThrow()
  expect(() => encode([pickStored(columns, [...Array(rowsPerBatch).keys()]), batchOf(10)])).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_DATA', expected: '266 rows', received: '256 rows' }),
  )
})

function someRows(numSamples: number) {
  const ids = Array.from({ length: numSamples }, (_, i) => `größe/äß-${String(i)}-😀`)
  return {
    ids,
    sourceIds: ids.map((id) => `s${id}`),
    labels: Int32Array.from(ids, (_, i) => (i % 3) - 1),
    groups: ids.map((_, i) => (i % 2 ? '' : 'p')),
    partitions: ids.map((_, i) => (['train', 'val', 'test', 'none'] as const)[i % 4]!),
    classNames: ['a', 'b'],
  }
}

function someBatches(numSamples: number): StoredBatch[] {
  const rows = someRows(numSamples)
  return [
    {
      kind: 'images',
      ...rows,
      uris: rows.ids,
      parentIds: rows.ids,
      transforms: rows.ids.map((_, i) => [null, { angle: i }]),
    },
    {
      kind: 'features',
      ...rows,
      features: Float32Array.from({ length: numSamples * 3 }, (_, i) => i / 7),
      featureNames: ['x', 'y', 'z'],
    },
    {
      kind: 'predictions',
      ...rows,
      scores: Float64Array.from({ length: numSamples * 2 }, (_, i) => i / 3),
      scoreKind: 'margin',
      predicted: rows.labels,
    },
    {
      kind: 'attributions',
      ...rows,
      values: Float32Array.from({ length: numSamples * 4 }, (_, i) => -i),
      shape: [2, 2],
      method: 'grad-cam',
      unit: 'logit',
      targets: rows.labels,
      empty: new Uint8Array(numSamples),
      additivityResidual: new Float64Array(numSamples).fill(Number.NaN),
    },
  ]
}

test.each([0, 1, 2, 3])('kind %i comes back as it was written', async (at) => {
  const batch = someBatches(5)[at]!
  expect(await decode(encode([batch]))).toEqual([batch])
})

test('long streams are read from a path one record batch at a time', async () => {
  const path = join(dir, 'long.arrow')
  const batch = someBatches(3 * rowsPerBatch + 5)[1]!
  writeFileSync(path, encode([batch]))
  const batches = await decode(path)
  expect(batches.map((each) => each.ids.length)).toEqual([rowsPerBatch, rowsPerBatch, rowsPerBatch, 5])
  expect(batches.flatMap((each) => each.ids)).toEqual(batch.ids)
})

test('vectors read from a path are not copied where they are most of what was read, and no two readings share them', async () => {
  const path = join(dir, 'wide.arrow')
  const rows = someRows(20)
  const featureNames = Array.from({ length: 200 }, (_, column) => `f${String(column)}`)
  const features = Float32Array.from({ length: 20 * 200 }, (_, at) => at / 7)
  const wide: StoredBatch = { kind: 'features', ...rows, features, featureNames }
  const narrow: StoredBatch = { ...wide, features: features.slice(0, 20), featureNames: ['f0'] }
  const vectorsOf = (batches: readonly StoredBatch[]): Float32Array => {
    const [batch] = batches
    if (batch?.kind !== 'features') throw new TypeError('no features')
    return batch.features
  }
  for (const [batch, isCopied] of [
    [wide, false],
    [narrow, true],
  ] as const) {
    writeFileSync(path, encode([batch]))
    const fromPath = vectorsOf(await decode(path))
    expect(fromPath).toEqual(batch.features)
    expect(fromPath.byteLength === fromPath.buffer.byteLength).toBe(isCopied)
    fromPath.fill(0)
    expect(vectorsOf(await decode(path))).toEqual(batch.features)
  }
  const reader = await openRowReader(encode([wide]))
  for await (const batch of reader.batches()) vectorsOf([batch]).fill(0)
  for await (const batch of reader.batches()) expect(vectorsOf([batch])).toEqual(features)
})

test('an empty stream has a header', async () => {
  const reader = await openRowReader(encode([someBatches(0)[1]!]))
  expect(reader.header.featureNames).toEqual(['x', 'y', 'z'])
  expect(await decode(encode([someBatches(0)[1]!]))).toEqual([])
})

test('batches of one stream must agree', () => {
  const [, features] = someBatches(2)
  expect(() => encode([features!, { ...features!, classNames: ['b', 'a'] }])).toThrow(/differ in class list/)
})

property.prop(
  [fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 3 })],
  { numRuns: 30 },
)('bytes do not depend on how rows were batched', (sizes, at) => {
  const whole = someBatches(sizes.reduce((a, b) => a + b, 0))[at]!
  let from = 0
  const parts = sizes.map((size) => {
    from += size
    return pickStored(
      whole,
      Array.from({ length: size }, (_, i) => from - size + i),
    )
  })
  expect(Buffer.compare(encode(parts), encode([whole]))).toBe(0)
})

test('the bundle of Arrow is what its script makes of the installed version', () => {
  const home = join(import.meta.dirname, '..', '..')
  const made = execFileSync(process.execPath, [join(home, 'scripts', 'bundle-arrow.mjs'), '--print'], {
    encoding: 'utf8',
  })
  expect(readFileSync(join(home, 'vendor', 'arrow.js'), 'utf8') === made).toBe(true)
})
