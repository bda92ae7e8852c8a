import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chanceBand } from '../support/chance.js'
import { leakProject, type RunSummary } from '../support/leak-project.js'

const project = leakProject(['bad-plugins/sound', 'bad-plugins/counts-rows'])
afterAll(() => {
  project.dispose()
})

/** Every classifier of the ensemble and of npm packages, with settings that keep it quick. */
const classifiers: Readonly<Record<string, string>> = {
  'linear-svm': '{}',
  'kernel-svm': '{}',
  xgboost: '{ rounds: 10 }',
  'random-forest': '{ trees: 20 }',
  'naive-bayes': '{}',
  knn: '{}',
  'logistic-regression': '{}',
  lda: '{}',
  'ml-random-forest': '{ trees: 5 }',
  'ml-knn': '{}',
  'ml-xgboost': '{ rounds: 5 }',
}
const operationOf = (name: string): string =>
  name.startsWith('ml-') ? name.replace('ml-', 'mljs/') : `ensemble/${name}`
const draws = Array.from({ length: 20 }, (_, at) => at + 1)
const numSamples = 300
const numTest = numSamples / 5

/** Rows that stand by class in their source, numbered by a map: a forest told the class from that number in 99 of 100 cases. */
function branch(draw: number): string {
  const own = (name: string): string => `d${String(draw)}-${name}`
  return [
    `  ${own('rows')}: { use: sound/points, with: { numSamples: ${String(numSamples)}, draw: ${String(draw)} } }`,
    `  ${own('number')}: { use: counts-rows/operation, in: { features: ${own('rows')} } }`,
    ...Object.entries(classifiers).map(
      ([name, options]) =>
        `  ${own(name)}: { use: ${operationOf(name)}, in: { features: ${own('number')} }, with: ${options} }`,
    ),
    `  ${own('scores')}: { use: sound/accuracy, in: { predictions: [${Object.keys(classifiers).map(own).join(', ')}] } }\n`,
  ].join('\n')
}

describe('the number of a row tells nothing of its class: from it', () => {
  let summary: RunSummary
  beforeAll(async () => {
    summary = await project.run(`name: counter\nseed: 1\nnodes:\n${draws.map(branch).join('')}`)
    expect(summary.status).toBe('ok')
  })

  test.for(Object.keys(classifiers))('%s guesses, in 20 draws of rows and over all of them', (name) => {
    const shares = draws.map((draw) => summary.nodes[`d${String(draw)}-scores`]!.metrics![`d${String(draw)}-${name}`]!)
    const all = chanceBand(3, numTest * draws.length)
    const mean = shares.reduce((sum, share) => sum + share, 0) / draws.length
    expect(mean).toBeGreaterThan(all.low)
    expect(mean).toBeLessThan(all.high)
    // 95 % of draws are expected inside; fewer than 15 of 20 would be in three of ten thousand.
    const own = chanceBand(3, numTest, 1.96)
    expect(shares.filter((share) => share > own.low && share < own.high).length).toBeGreaterThanOrEqual(15)
  })
})

test('the same rows in another order give the same bytes, all the way from the source', async () => {
  const pipeline = (order: number): string => `name: order
seed: 1
nodes:
  pictures: { use: sound/pictures, with: { numSamples: 90, isSplit: false, order: ${String(order)} } }
  split: { use: data/split, in: { images: pictures } }
  copies: { use: augment/expand, in: { images: split }, with: { copies: 1, operations: [rotate, flip] } }
  means: { use: sound/means, in: { images: copies } }
  scaled: { use: ensemble/standardize, in: { features: means } }
  forest: { use: ensemble/random-forest, in: { features: scaled }, with: { trees: 10 } }
  boosted: { use: ensemble/xgboost, in: { features: scaled }, with: { rounds: 3 } }
  vote: { use: ensemble/vote, in: { predictions: [forest, boosted] } }
  stack: { use: ensemble/stack, in: { predictions: [forest, boosted] } }
  scores: { use: report/evaluate, in: { predictions: [vote, stack] }, with: { resamples: 100 } }
`
  const [first, ...others] = [
    project.digests(await project.run(pipeline(0))),
    project.digests(await project.run(pipeline(1))),
    project.digests(await project.run(pipeline(2))),
  ]
  expect(Object.keys(first)).toHaveLength(15)
  for (const other of others) expect(other).toEqual(first)
})
