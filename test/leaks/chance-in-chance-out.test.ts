import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chanceBand } from '../support/chance.js'
import { leakProject, type RunSummary } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const selectors: Readonly<Record<string, string>> = {
  none: '',
  ica: 'use: ensemble/fast-ica, with: { components: 10 }',
  pca: 'use: ensemble/pca, with: { components: 10 }',
  anova: 'use: ensemble/select-anova, with: { components: 10 }',
}
const classifiers: Readonly<Record<string, string>> = {
  svm: 'use: ensemble/linear-svm',
  xgb: 'use: ensemble/xgboost, with: { rounds: 10 }',
  rf: 'use: ensemble/random-forest, with: { trees: 20 }',
  nb: 'use: ensemble/naive-bayes',
  knn: 'use: ensemble/knn',
}
const numClasses = 4
const perClass = 40
const numTest = 0.25 * perClass * numClasses

/** Everything from pictures to scores, under a prefix; `labels` deals the labels anew, or not (`null`). */
function branch(prefix: string, labels: number | null): string {
  const lines = [
    `${prefix}: { use: data/phantoms, with: { size: 16, perClass: ${String(perClass)}, imagesPerPatient: 1, noise: 0, permuteLabels: ${String(labels)} } }`,
    `${prefix}split: { use: data/split, in: { images: ${prefix} }, with: { train: 0.5, val: 0.25, test: 0.25 } }`,
    `${prefix}raw: { use: leaky/sorted-pixels, in: { images: ${prefix}split } }`,
    `${prefix}none: { use: ensemble/standardize, in: { features: ${prefix}raw } }`,
  ]
  const scored: string[] = []
  for (const [selector, use] of Object.entries(selectors)) {
    if (use) lines.push(`${prefix}${selector}: { ${use}, in: { features: ${prefix}none } }`)
    const members = Object.entries(classifiers).map(([classifier, fit]) => {
      lines.push(`${prefix}${selector}-${classifier}: { ${fit}, in: { features: ${prefix}${selector} } }`)
      return `${prefix}${selector}-${classifier}`
    })
    lines.push(`${prefix}${selector}-vote: { use: ensemble/vote, in: { predictions: [${members.join(', ')}] } }`)
    scored.push(...members, `${prefix}${selector}-vote`)
  }
  lines.push(
    `${prefix}scores: { use: report/evaluate, in: { predictions: [${scored.join(', ')}] }, with: { resamples: 100 } }`,
  )
  return lines.map((line) => `  ${line}\n`).join('')
}

describe('labels dealt anew at the source: every selector × classifier, and every vote, is at chance', () => {
  const permutations = [1, 2, 3, 4, 5]
  let summary: RunSummary
  beforeAll(async () => {
    const branches = [branch('real', null), ...permutations.map((seed) => branch(`p${String(seed)}`, seed))]
    summary = await project.run(`name: chance\nseed: 7\nnodes:\n${branches.join('')}`)
    expect(summary.status).toBe('ok')
  })
  const score = (prefix: string, cell: string): number =>
    summary.nodes[`${prefix}scores`]?.metrics?.[`${prefix}${cell}.balancedAccuracy`] ?? NaN
  const cells = Object.keys(selectors).flatMap((selector) =>
    [...Object.keys(classifiers), 'vote'].map((name) => `${selector}-${name}`),
  )

  test.for(cells)('%s', (cell) => {
    const { low, high } = chanceBand(numClasses, numTest * permutations.length)
    const mean = permutations.reduce((sum, seed) => sum + score(`p${String(seed)}`, cell), 0) / permutations.length
    expect(mean).toBeGreaterThan(low)
    expect(mean).toBeLessThan(high)
  })

  test('with the true labels the same pipeline is well above it: there is something to leak', () => {
    const { high } = chanceBand(numClasses, numTest)
    for (const cell of ['pca-svm', 'pca-rf', 'pca-vote']) expect(score('real', cell), cell).toBeGreaterThan(high)
  })
})
