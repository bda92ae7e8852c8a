import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leakProject } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

/** From pictures to scores without a tensor engine. */
const nodes = [
  'scans: { use: data/phantoms, with: { size: 12, perClass: 24, imagesPerPatient: 2 } }',
  'split: { use: data/split, in: { images: scans.images }, with: { train: 0.6, val: 0.2, test: 0.2 } }',
  'copies: { use: augment/expand, in: { images: split }, with: { operations: [flip], copies: 1 } }',
  'pixels: { use: leaky/pixels, in: { images: copies } }',
  'ica: { use: ensemble/fast-ica, in: { features: pixels }, with: { components: 6 } }',
  'pca: { use: ensemble/pca, in: { features: pixels }, with: { components: 4 } }',
  'fused: { use: ensemble/fuse, in: { features: [ica, pca] } }',
  'svm: { use: ensemble/linear-svm, in: { features: fused } }',
  'xgb: { use: ensemble/xgboost, in: { features: fused }, with: { rounds: 10 } }',
  'rf: { use: ensemble/random-forest, in: { features: fused }, with: { trees: 20 } }',
  'nb: { use: ensemble/naive-bayes, in: { features: fused } }',
  'knn: { use: ensemble/knn, in: { features: fused } }',
  'vote: { use: ensemble/vote, in: { predictions: [svm, xgb, rf, nb, knn] } }',
  'scores: { use: report/evaluate, in: { predictions: [svm, xgb, rf, nb, knn, vote] }, with: { resamples: 100 } }',
]
const yaml = (order: readonly string[]): string =>
  `name: repeat\nseed: 11\nnodes:\n${order.map((node) => `  ${node}\n`).join('')}`

/** Hash over every byte of each stage's artifact, by stage. */
type Digests = Readonly<Record<string, string | undefined>>

async function digests(text: string, store: string, ...args: readonly string[]): Promise<Digests> {
  const { run, status } = await project.run(text, '--store', store, ...args)
  expect(status).toBe('ok')
  const record = JSON.parse(readFileSync(join(project.path, store, 'runs', run, 'run.json'), 'utf8')) as {
    readonly stages: Readonly<Record<string, { readonly outcome: string; readonly digest?: string }>>
  }
  return Object.fromEntries(
    Object.entries(record.stages).flatMap(([id, { outcome, digest }]) => (outcome === 'done' ? [[id, digest]] : [])),
  )
}

describe('one pipeline, many ways to run it', () => {
  let reference: Digests
  beforeAll(async () => {
    reference = await digests(yaml(nodes), 'reference', '--jobs', '1')
  })

  test('every stage has an artifact to compare', () => {
    expect(Object.keys(reference)).toContain('scores')
    // Eight estimators are two stages each.
    expect(Object.keys(reference)).toHaveLength(nodes.length + 8)
    expect(new Set(Object.values(reference)).size).toBe(nodes.length + 8)
  })

  // Nodes are started in the order of the text as far as inputs allow: another order gives workers other stages, one after another.
  test.each([
    ['as written', 1, nodes],
    ['as written', 2, nodes],
    ['backwards', 1, [...nodes].reverse()],
    ['backwards', 2, [...nodes].reverse()],
    ['from the middle', 2, [...nodes.slice(7), ...nodes.slice(0, 7)]],
  ])('nodes %s, %d worker(s): the same bytes of every stage', async (name, jobs, order) => {
    const store = `${name.replaceAll(' ', '-')}-${String(jobs)}`
    expect(await digests(yaml(order), store, '--jobs', String(jobs))).toEqual(reference)
  })

  test('a worker used for stage after stage leaves nothing behind: fresh processes for every node give the same bytes', async () => {
    const fresh: Record<string, string | undefined> = {}
    for (const node of nodes) {
      const [id = ''] = node.split(':')
      Object.assign(fresh, await digests(yaml(nodes), 'fresh', '--to', id))
    }
    expect(fresh).toEqual(reference)
  })
})
