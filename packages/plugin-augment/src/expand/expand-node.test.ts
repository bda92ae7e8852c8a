import type { ImageRows } from '@etsef/plugin-api'
import { checkedOptions, runOperation, someImages } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import plugin from '../plugin.js'
import { loadPixels } from './expand-node.js'

const [operation] = plugin.operations
const run = async (options = {}, images = someImages({ numSamples: 40 })): Promise<ImageRows> =>
  (await runOperation(operation!, { options, inputs: { images } })).outputs['images'] as ImageRows

test('adds copies of training rows only, after the originals', async () => {
  const images = someImages({ numSamples: 40 })
  const rows = await run({ copies: 1, balance: false }, images)
  expect(rows.ids.slice(0, 40)).toEqual(images.ids)
  expect(rows.ids.length).toBe(40 + images.partitions.filter((p) => p === 'train').length)
  const partitionOf = new Map(images.ids.map((id, i) => [id, images.partitions[i]]))
  rows.ids.slice(40).forEach((id, i) => {
    expect(id).not.toBe(rows.parentIds![40 + i])
    expect(partitionOf.get(rows.parentIds![40 + i]!)).toBe('train')
    expect(rows.parameters![40 + i]).toMatchObject({ zoom: expect.any(Number) as number })
  })
  expect(rows.parameters!.slice(0, 40).every((entry) => entry === null)).toBe(true)
})
test('passes originals through and augments copies the same way every time', async () => {
  const images = someImages({ numSamples: 4 })
  const options = checkedOptions(operation!, {}) as Parameters<typeof loadPixels>[0]['options']
  const load = (parameters: Parameters<typeof loadPixels>[0]['parameters']) =>
    loadPixels({
      row: { id: 'x', uri: 'x' },
      port: 'images',
      parameters,
      upstream: () => images.load(0),
      options,
    })
  expect(await load(null)).toEqual(await images.load(0))
  const [parameters] = (await run({}, images)).parameters!.filter((entry) => entry !== null)
  const copy = await load(parameters!)
  expect(copy.shape).toEqual([16, 16, 3])
  expect(copy).not.toEqual(await images.load(0))
  expect(await load(parameters!)).toEqual(copy)
})
test('reports reversed ranges and unsplit images at plan time', () => {
  const issues: string[] = []
  operation!.plan!({
    options: checkedOptions(operation!, { zoom: [1.2, 0.8] }),
    inputs: { images: { kind: 'images', partitions: ['none'] } } as never,
    issue: (at, message) => issues.push(`${at}: ${message}`),
  })
  expect(issues).toEqual([
    'zoom: zoom is [low, high]',
    'in:images: Only training images are augmented, and there are none',
  ])
})
