import type { ImageRows } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'data/fewer')!
const images = someImages({ numSamples: 240 })
const run = async (share: number, seed = 'a') =>
  (await runOperation(operation, { options: { share }, inputs: { images }, seed })).outputs['images'] as ImageRows

test('a share of the train rows is kept, of every class, by whole groups; other rows all are', async () => {
  const rows = await run(0.25)
  const count = (of: Pick<ImageRows, 'partitions' | 'labels'>, partition: string, label?: number) =>
    of.partitions.filter((each, row) => each === partition && (label === undefined || of.labels[row] === label)).length
  for (const partition of ['val', 'test']) expect(count(rows, partition)).toBe(count(images, partition))
  for (const label of images.classNames.keys()) {
    const share = count(rows, 'train', label) / count(images, 'train', label)
    expect(share).toBeGreaterThan(0.15)
    expect(share).toBeLessThan(0.35)
  }
  const kept = new Set(rows.ids)
  const groups = new Map<string, Set<boolean>>()
  for (const [row, group] of images.groups.entries()) {
    if (images.partitions[row] !== 'train' || group === '') continue
    groups.set(group, (groups.get(group) ?? new Set()).add(kept.has(images.ids[row]!)))
  }
  expect([...groups.values()].every((fates) => fates.size === 1)).toBe(true)
  expect((await run(0.25)).ids).toEqual(rows.ids)
  expect((await run(0.25, 'b')).ids).not.toEqual(rows.ids)
})

test('all of them is all of them', async () => {
  expect((await run(1)).ids).toEqual(images.ids)
})
