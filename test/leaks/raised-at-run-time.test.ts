import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leakProject, type RunSummary } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const head = `
name: leak
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 8, perClass: 15, imagesPerPatient: 3 } }
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
`

interface Rows {
  readonly ids: string[]
  readonly sourceIds: string[]
  readonly labels: number[]
  readonly groups: string[]
  readonly partitions: string[]
  readonly features: number[]
  readonly predicted: number[]
}

const run = (nodes: string, text = head): Promise<RunSummary> => project.run(text + nodes)

interface Leak {
  readonly name: string
  readonly nodes: string
  /** What stands above the nodes, where it is not `head`: then the leak has a run of its own. */
  readonly text?: string
  /** The node that fails. */
  readonly node: string
  readonly code: string
  readonly message: RegExp
}

const refused: readonly Leak[] = [
  {
    name: 'a plugin that splits by file puts a patient into two partitions',
    text: head.replace('data/split', 'leaky/split-by-file'),
    nodes: '',
    node: 'split',
    code: 'ERR_LEAKAGE',
    message: /\((train|test)\) and .* are of one group/,
  },
  {
    name: 'one picture under two patients falls into two partitions',
    text: head.replace(/data\/phantoms, with: .*/, 'leaky/twins }'),
    nodes: '',
    node: 'split',
    code: 'ERR_LEAKAGE',
    message: /"twin-\d+" \((train|val|test)\) and "twin-\d+" \((train|val|test)\) are the same image/,
  },
  {
    name: 'a map that drops rows',
    nodes: '  drops: { use: leaky/drop-rows, in: { features: pixels } }',
    node: 'drops',
    code: 'ERR_MISSING_ID',
    message: /missing/,
  },
  {
    name: 'a map that doubles rows',
    nodes: '  doubles: { use: leaky/double-rows, in: { features: pixels } }',
    node: 'doubles',
    code: 'ERR_DUPLICATE_ID',
    message: /twice/,
  },
  {
    name: 'a map that invents ids',
    nodes: '  invents: { use: leaky/invent-ids, in: { features: pixels } }',
    node: 'invents',
    code: 'ERR_MISSING_ID',
    message: /\(better\)/,
  },
  {
    name: 'a map that gives rows in another order',
    nodes: '  shuffles: { use: leaky/shuffle-rows, in: { features: pixels } }',
    node: 'shuffles',
    code: 'ERR_BAD_DATA',
    message: /another order/,
  },
  {
    name: 'copies of test rows',
    nodes: '  copiesTest: { use: leaky/augment-test, in: { images: split } }',
    node: 'copiesTest',
    code: 'ERR_LEAKAGE',
    message: /of partition test/,
  },
  {
    name: 'an augmentation that loses test rows',
    nodes: '  losesTest: { use: leaky/drop-test, in: { images: split } }',
    node: 'losesTest',
    code: 'ERR_MISSING_ID',
    message: /of partition (test|val)/,
  },
  {
    name: 'a starting model that was trained on images that are test rows here (another split of one source)',
    nodes: `  other: { use: data/split, in: { images: scans }, with: { train: 0.7, val: 0.1, test: 0.2 } }
  pre: { use: leaky/pretrain, in: { images: other } }
  tuned: { use: leaky/pretrain, in: { images: split, init: pre.model } }`,
    node: 'tuned',
    code: 'ERR_LEAKAGE',
    message: /"pre.*" was fitted on images that are test rows here: /,
  },
  {
    name: 'an intermediate set that holds test images of the target set, used through a chain of models',
    nodes: `  atlas: { use: data/phantoms, with: { size: 8, perClass: 15, imagesPerPatient: 3, classes: [ring, normal] } }
  parts: { use: data/split, in: { images: atlas }, with: { train: 0.8, val: 0.2, test: 0 } }
  inter: { use: leaky/pretrain, in: { images: parts } }
  again: { use: leaky/pretrain, in: { images: parts, init: inter.model } }
  adapted: { use: leaky/pretrain, in: { images: split, init: again.model } }`,
    node: 'adapted',
    code: 'ERR_LEAKAGE',
    message: /"again.*" was fitted on images that are test rows here: /,
  },
  {
    name: 'self-supervised pre-training (no labels) on a corpus with test images',
    nodes: `  corpus: { use: data/split, in: { images: scans }, with: { train: 0.9, val: 0.1, test: 0 } }
  ssl: { use: leaky/contrast, in: { images: corpus } }
  encoded: { use: leaky/extract, in: { images: split, model: ssl.model } }`,
    node: 'encoded',
    code: 'ERR_LEAKAGE',
    message: /"ssl.*" was fitted on images that are test rows here: /,
  },
  {
    name: 'features of a model of another split, as a second input of a classifier',
    nodes: `  third: { use: data/split, in: { images: scans }, with: { train: 0.8, val: 0.1, test: 0.1 } }
  side: { use: leaky/pixels, in: { images: third } }
  sided: { use: leaky/memorize, in: { features: pixels, side: side } }`,
    node: 'sided',
    code: 'ERR_LEAKAGE',
    message: /"sided.*" was fitted on images that are test rows here: /,
  },
  {
    name: 'joining by position: a row that one side lacks is named',
    nodes: `  copies: { use: augment/expand, in: { images: split } }
  more: { use: leaky/pixels, in: { images: copies } }
  fused: { use: ensemble/fuse, in: { features: [pixels, more] } }`,
    node: 'fused',
    code: 'ERR_MISSING_ID',
    message: /~1" of "more" is missing in "pixels"/,
  },
]

describe('leaks that only the rows show are raised, and nothing is published', () => {
  let together: RunSummary
  beforeAll(async () => {
    const nodes = refused.flatMap((leak) => (leak.text === undefined ? [leak.nodes] : []))
    together = await project.run(`${head}${nodes.join('\n')}\n`, '--on-error', 'continue')
  })

  test.for(refused)('$name', async ({ nodes, text, node, code, message }) => {
    const summary = text === undefined ? together : await run(nodes, text)
    expect(summary.status).toBe('failed')
    expect(summary.nodes[node], JSON.stringify(summary.nodes[node])).toMatchObject({
      state: 'failed',
      error: { code, message: expect.stringMatching(message) as string },
    })
  })

  test('and only the nodes that leak fail', () => {
    const failed = Object.keys(together.nodes).filter((node) => together.nodes[node]?.state === 'failed')
    expect(failed.sort()).toEqual(refused.flatMap(({ text, node }) => (text === undefined ? [node] : [])).sort())
  })
})

describe('what is hidden or put back has no effect', () => {
  let summary: RunSummary
  const dump = (node: string): Rows => project.report(summary, node) as Rows
  beforeAll(async () => {
    summary = await run(`  asItWas: { use: leaky/dump, in: { features: pixels } }
  relabelled: { use: leaky/relabel, in: { features: pixels } }
  afterRelabelling: { use: leaky/dump, in: { features: relabelled } }
  moved: { use: leaky/to-train, in: { features: pixels } }
  afterMoving: { use: leaky/dump, in: { features: moved } }
  twoInputs: { use: leaky/memorize, in: { features: pixels, side: pixels } }
  memorizing: { use: leaky/memorize, in: { features: pixels } }
  memorized: { use: leaky/dump-predictions, in: { predictions: memorizing } }
  peeking: { use: leaky/peek-in-apply, in: { features: pixels } }
  tuning: { use: leaky/read-labels, in: { features: pixels } }
  tuned: { use: leaky/dump-predictions, in: { predictions: tuning } }
  reordered: { use: leaky/reorder, in: { features: pixels } }
  reverse: { use: leaky/dump, in: { features: reordered } }
  fused: { use: ensemble/fuse, in: { features: [pixels, reordered] } }
  joined: { use: leaky/dump, in: { features: fused } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  knn: { use: ensemble/knn, in: { features: pixels } }
  scores: { use: report/evaluate, in: { predictions: [nb, knn] }, with: { resamples: 100 } }`)
    expect(summary.status).toBe('ok')
  })

  test('a map that returns other labels, groups, partitions and lineage changes none of them', () => {
    expect(dump('afterRelabelling')).toEqual(dump('asItWas'))
    expect(new Set(dump('asItWas').partitions)).toEqual(new Set(['train', 'val', 'test']))
  })

  test('a combine that puts all rows into train and gives them one label does neither', () => {
    expect(dump('afterMoving')).toEqual(dump('asItWas'))
  })

  test('fit sees train rows only, of every input', () => {
    expect(summary.nodes['twoInputs']?.metrics).toMatchObject({
      ...{ 'rows.train': 36, 'rows.val': 0, 'rows.test': 0 },
      ...{ 'side.train': 36, 'side.val': 0, 'side.test': 0 },
    })
  })

  test('rows learned by heart are known again at apply, and no others', () => {
    // It has learned every label it was shown by heart, and of test rows it knows nothing.
    const { predicted, labels, partitions } = dump('memorized')
    predicted.forEach((label, i) => {
      expect(label).toBe(partitions[i] === 'train' ? labels[i] : -1)
    })
  })

  test('apply sees no label, no group and no partition', () => {
    expect(summary.nodes['peeking']?.metrics).toMatchObject({
      ...{ 'seen.labels': 0, 'seen.groups': 0, 'seen.partitions': 0 },
    })
  })

  test('tuning by test labels: a combine sees those of train and val rows only', () => {
    expect(summary.nodes['tuning']?.metrics).toMatchObject({ 'labels.train': 36, 'labels.val': 12, 'labels.test': 0 })
    const { predicted, labels, partitions } = dump('tuned')
    predicted.forEach((label, i) => {
      expect(label).toBe(partitions[i] === 'test' ? -1 : labels[i])
    })
  })

  test('rows that an operation gives in another order are put back, with what belongs to them', () => {
    const { features, ids } = dump('joined')
    expect(dump('reverse').ids).toEqual(ids)
    const width = features.length / ids.length / 2
    ids.forEach((_, i) => {
      const row = features.slice(2 * i * width, 2 * (i + 1) * width)
      expect(row.slice(width)).toEqual(row.slice(0, width))
    })
  })

  test('every test label that a report reads is counted', () => {
    // Reports on test rows: dumps of 12 rows each, and one evaluation of two predictions.
    const numReports = ['asItWas', 'afterRelabelling', 'afterMoving', 'memorized', 'tuned', 'reverse', 'joined'].length
    expect(summary.testLabelReads).toBe(12 * (numReports + 2))
  })
})
