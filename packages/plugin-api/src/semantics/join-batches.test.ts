import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { pickFeatures, type FeatureBatch } from '../payload/features.js'
import { createRng } from '../rng.js'
import { someFeatures } from '../testing/fixtures.js'
import { joinBatches, joinedByPort, joinOrder } from './join-batches.js'

const table = someFeatures({ numSamples: 12, numFeatures: 2 })

function cut(batch: FeatureBatch, size: number): FeatureBatch[] {
  const starts = Array.from({ length: Math.ceil(batch.ids.length / size) }, (_, at) => at * size)
  return starts.map((start) => pickFeatures(batch, [...batch.ids.keys()].slice(start, start + size)))
}

async function joined(...inputs: readonly (readonly FeatureBatch[])[]): Promise<(readonly FeatureBatch[])[]> {
  const named = inputs.map((batches, at) => ({ name: `input${String(at)}`, batches }))
  const all: (readonly FeatureBatch[])[] = []
  for await (const batches of joinBatches(named)) all.push(batches as readonly FeatureBatch[])
  return all
}

propertyTest.prop({ seed: fc.integer(), a: fc.integer({ min: 1, max: 12 }), b: fc.integer({ min: 1, max: 12 }) })(
  'gives the rows of the first with the same rows of the other, however both are ordered and cut',
  async ({ seed, a, b }) => {
    const shuffled = pickFeatures(table, createRng(seed, 'order').shuffle([...table.ids.keys()]))
    const batches = await joined(cut(table, a), cut(shuffled, b))
    expect(batches.map(([first]) => first!.ids)).toEqual(cut(table, a).map(({ ids }) => ids))
    for (const [first, second] of batches) expect(second).toEqual(first)
  },
)

test('hands on a batch as it is where inputs stand in one order and were cut alike', async () => {
  const other = cut(table, 4)
  const batches = await joined(cut(table, 4), other)
  batches.forEach(([, second], at) => {
    expect(second).toBe(other[at])
  })
})

describe('refuses', () => {
  const without = (index: number): FeatureBatch =>
    pickFeatures(
      table,
      [...table.ids.keys()].filter((at) => at !== index),
    )
  test.each([
    ['a row that the other lacks', [table], [without(5)], 'ERR_MISSING_ID', /"row-0005" of "input0" .* in "input1"/],
    ['a row that the first lacks', [without(5)], [table], 'ERR_MISSING_ID', /"row-0005" of "input1" .* in "input0"/],
    ['a row twice in the first', [table, pickFeatures(table, [3])], [table], 'ERR_DUPLICATE_ID', /row-0003/],
    ['a row twice in the other', [table], [table, pickFeatures(table, [3])], 'ERR_DUPLICATE_ID', /row-0003/],
    ['other classes', [table], [{ ...table, classNames: ['x', 'y'] }], 'ERR_CLASS_LIST', /input1/],
    [
      'another split',
      [table],
      [{ ...table, partitions: table.partitions.map(() => 'train' as const) }],
      'ERR_LEAKAGE',
      /differs in partitions/,
    ],
    ['another label', [table], [{ ...table, labels: table.labels.map(() => 1) }], 'ERR_LEAKAGE', /differs in labels/],
    [
      'another image under the same id',
      [table],
      [{ ...table, sourceIds: table.sourceIds.toReversed() }],
      'ERR_LEAKAGE',
      /differs in sourceIds/,
    ],
  ] as const)('%s', async (_, first, second, code, message) => {
    await expect(joined(first, second)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })
})

test('names batches as the inputs are wired, the rows port first', () => {
  const edges = [
    { port: 'features', name: 'pca' },
    { port: 'members', name: 'a' },
    { port: 'members', name: 'b' },
  ]
  const ordered = joinOrder({ rows: 'members' }, edges)
  expect(ordered.map(({ name }) => name)).toEqual(['a', 'b', 'pca'])
  const port = (cardinality: 'one' | 'many') => ({ kind: 'features', cardinality, description: '' }) as const
  const inputs = { features: port('one'), members: port('many'), side: port('one') }
  const batches = [1, 2, 3].map((row) => pickFeatures(table, [row]))
  expect(joinedByPort({ inputs }, ordered, batches)).toEqual({
    features: batches[2],
    members: [
      { name: 'a', value: batches[0] },
      { name: 'b', value: batches[1] },
    ],
  })
})
