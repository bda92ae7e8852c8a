import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leakProject, type RunSummary } from '../support/leak-project.js'

// Ways around the runner that were once open.

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const pipeline = `
name: open
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 8, perClass: 15, imagesPerPatient: 3 } }
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  honest: { use: leaky/dump, in: { features: pixels } }

  standardized: { use: leaky/standardize-all, in: { features: pixels } }
  adapted: { use: leaky/peek-in-open, in: { features: pixels } }

  swapped: { use: leaky/swap-pictures, in: { images: split } }
  swappedPixels: { use: leaky/pixels, in: { images: swapped } }
  afterSwap: { use: leaky/dump, in: { features: swappedPixels } }

  copied: { use: leaky/copies-of-test-pictures, in: { images: split } }
  copiedPixels: { use: leaky/pixels, in: { images: copied } }
  afterCopying: { use: leaky/dump, in: { features: copiedPixels } }

  painted: { use: leaky/label-in-pixels, in: { images: scans } }
  paintedSplit: { use: data/split, in: { images: painted } }
  paintedPixels: { use: leaky/pixels, in: { images: paintedSplit } }
  paintedKnn: { use: ensemble/knn, in: { features: paintedPixels } }
  paintedScores: { use: report/evaluate, in: { predictions: paintedKnn }, with: { resamples: 100 } }

  other: { use: data/split, in: { images: scans }, with: { train: 0.7, val: 0.1, test: 0.2 } }
  pre: { use: leaky/fit-in-combine, in: { images: other } }
  tuned: { use: leaky/pretrain, in: { images: split, init: pre.model } }

  names: { use: leaky/read-ids, in: { features: pixels } }
  uris: { use: leaky/read-uris, in: { images: split } }
  testNames: { use: leaky/read-test-names, in: { features: pixels } }
  namesScores: { use: report/evaluate, in: { predictions: [names, uris, testNames] }, with: { resamples: 100 } }
  namesPainted: { use: leaky/paint-names, in: { images: split } }
  namesPixels: { use: leaky/pixels, in: { images: namesPainted } }
  afterPainting: { use: leaky/dump, in: { features: namesPixels } }
  copies: { use: augment/expand, in: { images: split }, with: { copies: 1 } }
  copiesOfCopies: { use: augment/expand, in: { images: copies }, with: { copies: 1 } }
  copiesPixels: { use: leaky/pixels, in: { images: copiesOfCopies } }
  afterCopies: { use: leaky/dump, in: { features: copiesPixels } }
  refusal: { use: leaky/refuse-row, in: { features: pixels } }
`

interface Table {
  readonly ids: string[]
  readonly partitions: string[]
  readonly features: number[]
}

describe('open', () => {
  let summary: RunSummary
  beforeAll(async () => {
    summary = await project.run(pipeline, '--on-error', 'continue')
  })
  const rowsOf = (node: string) => {
    const { ids, partitions, features } = project.report(summary, node) as Table
    const width = features.length / ids.length
    return ids.map((id, i) => ({
      id,
      partition: partitions[i]!,
      row: features.slice(i * width, (i + 1) * width).join(),
    }))
  }

  test('a map cannot take statistics of all rows, test rows included, when it is opened', () => {
    expect(summary.nodes['standardized']?.metrics?.['seen.rows'] ?? 0).toBe(0)
  })

  test('nor can the apply of an estimator', () => {
    expect(summary.nodes['adapted']?.metrics?.['seen.rows'] ?? 0).toBe(0)
  })

  test('pictures cannot be exchanged under the ids: the uri of a row is that of its input row', () => {
    if (summary.nodes['swapped']?.state === 'failed') return
    expect(rowsOf('afterSwap')).toEqual(rowsOf('honest'))
  })

  test('a new row has the picture of its parent, so no train row can show a test picture', () => {
    if (summary.nodes['copied']?.state === 'failed') return
    const tested = new Set(rowsOf('honest').flatMap(({ partition, row }) => (partition === 'test' ? [row] : [])))
    expect(rowsOf('afterCopying').filter(({ partition, row }) => partition === 'train' && tested.has(row))).toEqual([])
  })

  test('upstream of a split only the split itself sees labels, so they cannot be painted into pictures', () => {
    expect(summary.nodes['painted']?.metrics?.['seen.labels'] ?? 0).toBe(0)
  })

  test('a model that a combine makes carries the lineage of the rows it was made from', () => {
    expect(summary.nodes['tuned']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
  })

  describe('names do not tell the class', () => {
    test.for(['names', 'uris', 'testNames'])('%s: ids, uris, parents, groups and transforms', (node) => {
      // Four classes of one size: a plugin that reads nothing is right on a quarter of the rows.
      expect(summary.nodes['namesScores']?.metrics?.[`${node}.accuracy`]).toBeCloseTo(0.25)
    })

    test('nor while pixels are loaded', () => {
      expect(new Set(rowsOf('afterPainting').map(({ row }) => row)).size).toBe(1)
    })

    test('reports have the rows under their own ids, copies and copies of copies beside them', () => {
      const ids = rowsOf('afterCopies').map(({ id }) => id)
      const originals = new Set(rowsOf('honest').map(({ id }) => id))
      expect([...originals].every((id) => id.includes('/'))).toBe(true)
      for (const id of ids) expect(originals, id).toContain(id.split('~')[0])
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBeGreaterThan(2 * originals.size)
    })

    test('and so have errors', () => {
      const [first] = rowsOf('honest')
      expect(summary.nodes['refusal']?.error?.message).toContain(`row "${first!.id}" is not`)
    })
  })
})
