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
