import { pickFeatures, type FeatureBatch } from '@etsef/plugin-api'
import { someFeatures } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { fuseFeatures } from './fuse-model.js'

const plain = { normalize: 'none' } as const
const tl = someFeatures({ numSamples: 20, numFeatures: 2, seed: 1 })
const ssl = someFeatures({ numSamples: 20, numFeatures: 3, seed: 2 })

function fuse(left: FeatureBatch, right: FeatureBatch): FeatureBatch {
  return fuseFeatures(
    [
      { name: 'tl', value: left },
      { name: 'ssl.features', value: right },
    ],
    plain,
  )
}

test('puts named columns side by side', () => {
  const fused = fuse(tl, ssl)
  expect(fused.featureNames).toEqual(['tl/f0', 'tl/f1', 'ssl.features/f0', 'ssl.features/f1', 'ssl.features/f2'])
  expect(Array.from(fused.features.subarray(5, 10))).toEqual([
    ...tl.features.subarray(2, 4),
    ...ssl.features.subarray(3, 6),
  ])
})

test('joins by id, not by position', () => {
  const order = Array.from({ length: 20 }, (_, i) => (i * 7) % 20)
  expect(fuse(tl, pickFeatures(ssl, order))).toEqual(fuse(tl, ssl))
})

test('refuses missing and doubled ids, naming one', () => {
  const rest = Array.from({ length: 19 }, (_, i) => i)
  expect(() => fuse(tl, pickFeatures(ssl, rest))).toThrow(expect.objectContaining({ code: 'ERR_MISSING_ID' }))
  expect(() => fuse(tl, pickFeatures(ssl, rest))).toThrow('row-0019')
  expect(() => fuse(tl, pickFeatures(ssl, [...rest, 3]))).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE_ID' }))
})

test('refuses another class list, partition or label', () => {
  expect(() => fuse(tl, { ...ssl, classNames: ['class1', 'class0'] })).toThrow(
    expect.objectContaining({ code: 'ERR_CLASS_LIST' }),
  )
  const moved = { ...ssl, partitions: ssl.partitions.map((partition, i) => (i === 4 ? ('test' as const) : partition)) }
  expect(() => fuse(tl, moved)).toThrow(expect.objectContaining({ code: 'ERR_LEAKAGE' }))
  const relabelled = { ...ssl, labels: ssl.labels.map((label) => 1 - label) }
  expect(() => fuse(tl, relabelled)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
})

test('normalises and weighs each source on its own', () => {
  const fused = fuseFeatures(
    [
      { name: 'a', value: tl },
      { name: 'b', value: ssl },
    ],
    { normalize: 'l2', weights: [1, 2] },
  )
  for (let i = 0; i < 20; i++) {
    const row = fused.features.subarray(5 * i, 5 * i + 5)
    expect(Math.hypot(row[0]!, row[1]!)).toBeCloseTo(1, 6)
    expect(Math.hypot(row[2]!, row[3]!, row[4]!)).toBeCloseTo(2, 6)
  }
})

test('refuses weights of another number and a source joined to itself', () => {
  const bad = expect.objectContaining({ code: 'ERR_BAD_OPTION' })
  expect(() => fuseFeatures([{ name: 'a', value: tl }], { normalize: 'none', weights: [1, 2] })).toThrow(bad)
  expect(() =>
    fuseFeatures(
      [
        { name: 'a', value: tl },
        { name: 'a', value: tl },
      ],
      plain,
    ),
  ).toThrow(bad)
})
