import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { etsef, hasShared, lastJson, root, shared, temporaryFolder } from '../support/etsef.js'

/** Frozen ImageNet features of the brain MRI set → FastICA → five classifiers → vote, with labels as they are or dealt anew. */
const pipeline = (permuteLabels: number | null): string => `
name: permuted
seed: 42
nodes:
  target: { use: data/folder, with: { path: ${JSON.stringify(join(shared, 'data/brain-tumor-mri'))}, groups: groups.csv, perClass: 200, permuteLabels: ${String(permuteLabels)} } }
  split: { use: data/split, in: { images: target } }
  imagenet: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: 0.35, weights: ${JSON.stringify(join(shared, 'weights/teachable-mobilenet-v2-0.35-224'))}, inputSize: 96 } }
  features: { use: backbones/extract, in: { images: split, model: imagenet } }
  standardised: { use: ensemble/standardize, in: { features: features } }
  selected: { use: ensemble/fast-ica, in: { features: standardised }, with: { components: 30 } }
  svm: { use: ensemble/linear-svm, in: { features: selected } }
  xgb: { use: ensemble/xgboost, in: { features: selected } }
  rf: { use: ensemble/random-forest, in: { features: selected } }
  nb: { use: ensemble/naive-bayes, in: { features: selected } }
  knn: { use: ensemble/knn, in: { features: selected } }
  vote: { use: ensemble/vote, in: { predictions: [svm, xgb, rf, nb, knn] } }
  scores: { use: report/evaluate, in: { predictions: vote }, with: { resamples: 200 } }
`

describe.skipIf(!hasShared)('labels of brain-tumor-mri dealt anew at the source (needs ../shared)', () => {
  const folder = temporaryFolder()
  afterAll(() => {
    folder.dispose()
  })
  const balancedAccuracy = async (seed: number | null): Promise<number> => {
    const file = join(folder.path, `permuted-${String(seed)}.yaml`)
    writeFileSync(file, pipeline(seed))
    const result = lastJson(await etsef(['run', file, '--json', '--store', join(folder.path, 'store')]))
    const nodes = result['nodes'] as Record<string, { metrics?: Record<string, number> }>
    return nodes['scores']!.metrics!['vote.balancedAccuracy']!
  }

  test('bring the vote down to chance, and the true labels do not', async () => {
    expect(await balancedAccuracy(null)).toBeGreaterThan(0.6)
    // 160 test rows of four classes: a guess is right for 0.25 of them, give or take 1.96 · √(0.25 · 0.75 / 160) = 0.067.
    const scores = [await balancedAccuracy(1), await balancedAccuracy(2)]
    for (const score of scores) expect(Math.abs(score - 0.25)).toBeLessThan(0.067)
  })
})

describe('pipelines/demo.yaml, small, with labels dealt anew', () => {
  const folder = temporaryFolder()
  afterAll(() => {
    folder.dispose()
  })

  test('scores nothing that a guesser would not', async () => {
    const sweep = readFileSync(join(root, 'sweeps/chance-demo.yaml'), 'utf8')
      .replace('../pipelines/', `${root}/pipelines/`)
      .replace('count: 5', 'count: 2')
    const file = join(folder.path, 'chance.yaml')
    writeFileSync(file, sweep)
    const store = ['--store', join(folder.path, 'store')]
    const run = await etsef(['sweep', 'run', file, '-q', ...store])
    expect(run.code, run.stderr).toBe(0)
    const told = lastJson(
      await etsef(['table', file, '--group-by', 'target.permuteLabels', '--metric', 'chanceP', '--json', ...store]),
    )
    const rows = told['rows'] as { metric: string; estimate: { mean: number } }[]
    // Thirteen scores of each labelling, each with its exact p; none may be beyond what 26 draws of a guesser give in 99 of 100 cases.
    expect(rows).toHaveLength(26)
    expect(Math.min(...rows.map(({ estimate }) => estimate.mean))).toBeGreaterThan(0.01 / 26)
  })
})
