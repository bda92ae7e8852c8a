import { afterAll, describe, expect, test } from 'vitest'
import { leakProject, lineOf } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const head = `
name: leak
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 8, perClass: 12 } }
`

interface Leak {
  readonly name: string
  readonly nodes: string
  /** Text of the line and column that is blamed. */
  readonly line: string
  readonly at: string
  readonly node: string
  readonly message: RegExp
}

const leaks: readonly Leak[] = [
  {
    name: 'fit on all: a classifier on rows that no split has parted',
    nodes: `
  pixels: { use: leaky/pixels, in: { images: scans } }
  svm:
    use: ensemble/linear-svm
    in: { features: pixels }`,
    line: 'in: { features: pixels }',
    at: 'pixels }',
    node: 'svm',
    message: /fitted on rows that no split has parted/,
  },
  {
    name: 'a supervised selector outside the split',
    nodes: `
  pixels: { use: leaky/pixels, in: { images: scans } }
  selected: { use: ensemble/select-anova, in: { features: pixels }, with: { components: 4 } }`,
    line: 'selected:',
    at: 'pixels }',
    node: 'selected',
    message: /fitted on rows that no split has parted/,
  },
  {
    name: 'a projection outside the split',
    nodes: `
  pixels: { use: leaky/pixels, in: { images: scans } }
  reduced: { use: ensemble/fast-ica, in: { features: pixels }, with: { components: 4 } }`,
    line: 'reduced:',
    at: 'pixels }',
    node: 'reduced',
    message: /fitted on rows that no split has parted/,
  },
  {
    name: 'self-supervised pre-training on the unsplit corpus',
    nodes: `
  ssl: { use: leaky/contrast, in: { images: scans } }`,
    line: 'ssl:',
    at: 'scans }',
    node: 'ssl',
    message: /fitted on rows that no split has parted/,
  },
  {
    name: 'augmentation before the split',
    nodes: `
  first: { use: data/split, in: { images: scans } }
  copies: { use: augment/expand, in: { images: first } }
  split: { use: data/split, in: { images: copies } }`,
    line: '  split:',
    at: 'copies }',
    node: 'split',
    message: /splits rows after augmentation/,
  },
  {
    name: 'splitting twice',
    nodes: `
  first: { use: data/split, in: { images: scans } }
  second: { use: data/split, in: { images: first } }`,
    line: 'second:',
    at: 'first }',
    node: 'second',
    message: /split already/,
  },
  {
    name: 'a plugin that splits rows that are split already',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  moved: { use: leaky/move-to-train, in: { images: split } }`,
    line: 'moved:',
    at: 'split }',
    node: 'moved',
    message: /split already/,
  },
  {
    name: 'fusing features of two different splits',
    nodes: `
  one: { use: data/split, in: { images: scans } }
  two: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.2, test: 0.3 } }
  tl: { use: leaky/pixels, in: { images: one } }
  ssl: { use: leaky/pixels, in: { images: two } }
  fused: { use: ensemble/fuse, in: { features: [tl, ssl] } }`,
    line: 'fused:',
    at: 'ssl] }',
    node: 'fused',
    message: /joins rows of different splits/,
  },
  {
    name: 'fusing split features with unsplit ones',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  tl: { use: leaky/pixels, in: { images: split } }
  ssl: { use: leaky/pixels, in: { images: scans } }
  fused: { use: ensemble/fuse, in: { features: [tl, ssl] } }`,
    line: 'fused:',
    at: 'ssl] }',
    node: 'fused',
    message: /joins rows of different splits/,
  },
  {
    name: 'a vote of classifiers of two different splits',
    nodes: `
  one: { use: data/split, in: { images: scans } }
  two: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.2, test: 0.3 } }
  a: { use: leaky/pixels, in: { images: one } }
  b: { use: leaky/pixels, in: { images: two } }
  svm: { use: ensemble/linear-svm, in: { features: a } }
  knn: { use: ensemble/knn, in: { features: b } }
  vote: { use: ensemble/vote, in: { predictions: [svm, knn] } }`,
    line: 'vote:',
    at: 'knn] }',
    node: 'vote',
    message: /joins rows of different splits/,
  },
  {
    name: 'a report wired into an estimator',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  svm: { use: ensemble/linear-svm, in: { features: pixels } }
  scores: { use: report/evaluate, in: { predictions: svm } }
  tuned: { use: leaky/fit-on-report, in: { features: pixels, report: scores } }`,
    line: 'tuned:',
    at: 'scores }',
    node: 'tuned',
    message: /reads the report "scores", which has seen the labels of the test rows/,
  },
  {
    name: 'rows that come out of a report, into a classifier',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  seen: { use: leaky/report-with-rows, in: { features: pixels } }
  svm: { use: ensemble/linear-svm, in: { features: seen } }`,
    line: 'svm:',
    at: 'seen }',
    node: 'svm',
    message: /reads the report "seen"/,
  },
  {
    name: 'an operation that declares to be fitted on test rows',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  knows: { use: leaky/fit-on-test, in: { features: pixels } }`,
    line: 'knows:',
    at: 'leaky/fit-on-test',
    node: 'knows',
    message: /is declared to be fitted on test rows/,
  },
  {
    name: 'or on train and test rows',
    nodes: `
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  knows: { use: leaky/fit-on-train-and-test, in: { features: pixels } }`,
    line: 'knows:',
    at: 'leaky/fit-on-train-and-test',
    node: 'knows',
    message: /is declared to be fitted on test rows/,
  },
]

describe('leaks that the graph shows are refused before anything runs', () => {
  test.for(leaks)('$name', async ({ nodes, line, at, node, message }) => {
    const yaml = head + nodes.replace(/^\n/, '')
    const problems = await project.validate(yaml)
    const leak = problems.find(({ code }) => code === 'ERR_LEAKAGE')
    expect(leak, JSON.stringify(problems)).toMatchObject({ node, message: expect.stringMatching(message) as string })
    expect(leak?.hint).toBeTruthy()
    const number = lineOf(yaml, line)
    const text = yaml.split('\n')[number - 1]!
    expect(leak?.place).toMatchObject({ file: 'pipeline.yaml', line: number, column: text.lastIndexOf(at) + 1 })
  })

  test('calibrating, or stopping early, without val rows: there is no falling back to test rows', async () => {
    const yaml = `${head}  split: { use: data/split, in: { images: scans }, with: { train: 0.8, val: 0, test: 0.2 } }
  pixels: { use: leaky/pixels, in: { images: split } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  sure: { use: ensemble/abstain-for-accuracy, in: { predictions: nb } }
`
    const problems = await project.validate(yaml)
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'ERR_MISSING_INPUT', node: 'sure', received: 'train, test' }),
    )
  })

  test('test rows cannot be asked for by an option', async () => {
    const yaml = `${head}  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  stack: { use: ensemble/stack, in: { predictions: [nb] }, with: { fitOn: test } }
  svm: { use: ensemble/linear-svm, in: { features: pixels }, with: { fitOn: [train, test] } }
`
    const problems = await project.validate(yaml)
    expect(problems.map(({ node, place }) => ({ node, line: place?.line }))).toEqual([
      { node: 'stack', line: lineOf(yaml, 'stack:') },
      { node: 'svm', line: lineOf(yaml, 'svm:') },
    ])
  })

  test('the same pipelines without the leak are valid', async () => {
    const yaml = `${head}  split: { use: data/split, in: { images: scans } }
  copies: { use: augment/expand, in: { images: split } }
  tl: { use: leaky/pixels, in: { images: copies } }
  ssl: { use: leaky/extract, in: { images: copies, model: pre.model } }
  pre: { use: leaky/pretrain, in: { images: copies } }
  fused: { use: ensemble/fuse, in: { features: [tl, ssl] } }
  selected: { use: ensemble/select-anova, in: { features: fused }, with: { components: 4 } }
  svm: { use: ensemble/linear-svm, in: { features: selected } }
  knn: { use: ensemble/knn, in: { features: selected } }
  vote: { use: ensemble/vote, in: { predictions: [svm, knn] } }
  scores: { use: report/evaluate, in: { predictions: [svm, knn, vote] } }
`
    expect(await project.validate(yaml)).toEqual([])
  })
})
