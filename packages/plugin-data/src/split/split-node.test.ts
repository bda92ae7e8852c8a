import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import type { ImageBatch } from '@etsef/plugin-api'
import plugin from '../plugin.js'

const split = plugin.operations.find(({ type }) => type === 'data/split')!
const images = someImages({ numSamples: 60, partition: () => 'none' })

async function partitionsOf(seed: string, options: Readonly<Record<string, unknown>> = {}): Promise<readonly string[]> {
  const result = await runOperation(split, { options, inputs: { images }, seed })
  result.dispose()
  return (result.outputs['images'] as ImageBatch).partitions
}

test('follows the run seed, or its own', async () => {
  expect(await partitionsOf('1')).not.toEqual(await partitionsOf('2'))
  const own = await partitionsOf('1', { splitSeed: 5 })
  expect(await partitionsOf('2', { splitSeed: 5 })).toEqual(own)
  expect(await partitionsOf('1', { splitSeed: 6 })).not.toEqual(own)
})

test.each([
  ['without a split seed', { folds: 5, fold: 1 }, ['folds']],
  ['with one', { folds: 5, fold: 1, splitSeed: 1 }, []],
  ['without their number', { fold: 1, splitSeed: 1 }, ['fold']],
  ['of which there is no such one', { folds: 5, fold: 5, splitSeed: 1 }, ['fold']],
])('folds %s', (_, options, expected) => {
  const issues: string[] = []
  split.plan?.({
    options: { train: 0.6, val: 0.2, test: 0.2, ...options },
    inputs: { images: { kind: 'images', partitions: ['none'] } } as never,
    issue: (option) => issues.push(option),
  })
  expect(issues).toEqual(expected)
})
