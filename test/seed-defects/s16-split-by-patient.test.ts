import { createRng, type ImageRows } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import data from '@etsef/plugin-data'
import { expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

const imagesPerPatient = 5
const images = (() => {
  const made = someImages({ numSamples: 300, numClasses: 3, partition: () => 'none', size: 8 })
  // Patient p has images 15p … of one class each: rows i, i + 3, … share a class.
  return {
    ...made,
    groups: made.ids.map((_, i) => `patient-${String(i % 3)}-${String(Math.floor(i / (3 * imagesPerPatient)))}`),
  }
})()

/** `random.sample(files, test_count)` per class, the rest is train; no seed, no validation set. */
function notebookSplit(seed: number): string[] {
  const rng = createRng(seed)
  const partitions = images.ids.map(() => 'train')
  for (const label of [0, 1, 2]) {
    const files = [...images.ids.keys()].filter((i) => images.labels[i] === label)
    for (const i of rng.shuffle(files).slice(0, 20)) partitions[i] = 'test'
  }
  return partitions
}

function patientsInTwoPartitions(partitions: readonly string[]): string[] {
  const seen = new Map<string, Set<string>>()
  images.groups.forEach((group, i) => seen.set(group, (seen.get(group) ?? new Set()).add(partitions[i]!)))
  return [...seen].filter(([, set]) => set.size > 1).map(([group]) => group)
}

async function ourSplit(seed: string): Promise<readonly string[]> {
  const result = await runOperation(operationOf(data, 'data/split'), { inputs: { images }, seed })
  result.dispose()
  const rows = result.outputs['images'] as ImageRows
  expect(rows.ids).toEqual(images.ids)
  return rows.partitions
}

test('S16: split by file, most patients of the test set are in train as well, and the next run splits otherwise', () => {
  const partitions = notebookSplit(1)
  const tested = new Set(images.groups.filter((_, i) => partitions[i] === 'test'))
  expect(patientsInTwoPartitions(partitions).length / tested.size).toBeGreaterThan(0.8)
  expect(notebookSplit(2)).not.toEqual(partitions)
  expect(new Set(partitions)).toEqual(new Set(['train', 'test']))
})

test('S16: data/split puts each patient in one of three partitions, with every class in each, the same for the same seed', async () => {
  const partitions = await ourSplit('42')
  expect(patientsInTwoPartitions(partitions)).toEqual([])
  for (const partition of ['train', 'val', 'test']) {
    for (const label of [0, 1, 2]) {
      const count = partitions.filter((name, i) => name === partition && images.labels[i] === label).length
      expect(count, `${partition}, class ${String(label)}`).toBe(partition === 'train' ? 60 : 20)
    }
  }
  expect(await ourSplit('42')).toEqual(partitions)
  expect(await ourSplit('43')).not.toEqual(partitions)
})
