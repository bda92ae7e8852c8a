import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRng } from '@etsef/plugin-api'
import { applyFastIca, fitFastIca, matrix, takeRows, type Labels, type Matrix } from '@etsef/plugin-ensemble'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { read, root } from '../support/etsef.js'
import { ballotOf, fiveClassifiers } from '../support/five-classifiers.js'
import { leakProject, lineOf } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const classifiers = ['linear-svm', 'xgboost', 'random-forest', 'naive-bayes', 'knn'].map((name) => `ensemble/${name}`)

test('S13: in the notebook KNN is fitted on other features than the rest of the vote, and nothing says so', () => {
  const rng = createRng('s13')
  const y: Labels = { labels: Int32Array.from({ length: 120 }, (_, i) => i % 3), numClasses: 3 }
  const fused: Matrix = matrix(120, 30, Float64Array.from({ length: 3600 }, (_, at) => rng.normal() + (at % 30 === 0 ? y.labels[Math.floor(at / 30)]! : 0))) // prettier-ignore
  const reduced = applyFastIca(fitFastIca(fused, { components: 5, seed: 1 }), fused)
  const [train, held] = [Array.from({ length: 90 }, (_, i) => i), Array.from({ length: 30 }, (_, i) => 90 + i)]
  const knn = (x: Matrix) => {
    const labels = { labels: y.labels.slice(0, 90), numClasses: 3 }
    return ballotOf(fiveClassifiers['knn']!(takeRows(x, train), labels)(takeRows(x, held))).predicted
  }
  // Both are arrays of 30 labels: a vote takes either.
  expect(knn(fused).length).toBe(knn(reduced).length)
  expect(knn(fused)).not.toEqual(knn(reduced))
})

test('S13: here each classifier names its input; one without is refused, with its line', async () => {
  const yaml = `
name: s13
nodes:
  scans: { use: data/phantoms, with: { size: 8, perClass: 12 } }
  split: { use: data/split, in: { images: scans } }
  fused: { use: leaky/pixels, in: { images: split } }
  selected: { use: ensemble/fast-ica, in: { features: fused }, with: { components: 4 } }
  svm: { use: ensemble/linear-svm, in: { features: selected } }
  knn: { use: ensemble/knn }
`
  const problems = await project.validate(yaml)
  expect(problems).toMatchObject([{ code: 'ERR_MISSING_INPUT', node: 'knn', place: { line: lineOf(yaml, 'knn:') } }])
})

test('S13: in every shipped pipeline the members of one vote read the same features', () => {
  const files = readdirSync(join(root, 'pipelines')).filter((name) => name.endsWith('.yaml'))
  let numVotes = 0
  for (const file of files) {
    const { nodes } = parse(read(root, 'pipelines', file)) as {
      nodes: Record<string, { use: string; in?: Record<string, string | string[]> }>
    }
    for (const [id, node] of Object.entries(nodes)) {
      if (node.use !== 'ensemble/vote') continue
      const members = [node.in!['predictions']!].flat().map((name) => nodes[name]!)
      if (!members.every(({ use }) => classifiers.includes(use))) continue
      numVotes++
      const inputs = new Set(members.map((member) => JSON.stringify(member.in)))
      expect(inputs.size, `${file}, node ${id}`).toBe(1)
    }
  }
  expect(numVotes).toBeGreaterThan(0)
})
