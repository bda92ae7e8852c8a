import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { knnScores, planProbe, probe } from './probes.js'

const rows = (count: number, numClasses = 3) => {
  const labels = Int32Array.from({ length: count }, (_, i) => i % numClasses)
  const groups = Array.from(labels, (_, i) => `patient-${String(Math.floor(i / 4))}`)
  return { labels, groups, sourceIds: groups.map((_, i) => `s${String(i)}`) }
}
const features = (labels: Int32Array, separation: number, seed = 1) => {
  const rng = createRng(seed)
  return Float32Array.from({ length: labels.length * 6 }, (_, i) => rng.normal() + (labels[Math.floor(i / 6)] === i % 6 ? separation : 0)) // prettier-ignore
}

describe('folds', () => {
  test('share no group and no source image', () => {
    const set = rows(60)
    const { indices, folds } = planProbe(set, createRng(1))!
    const foldsOf = new Map<string, Set<number>>()
    indices.forEach((row, i) => {
      const seen = foldsOf.get(set.groups[row]!) ?? new Set()
      foldsOf.set(set.groups[row]!, seen.add(folds[i]!))
    })
    expect([...foldsOf.values()].every(({ size }) => size === 1)).toBe(true)
    expect(new Set(folds).size).toBe(3)
  })
  test('hold labelled rows only; classes are those of these rows', () => {
    const set = rows(60, 4)
    set.labels.forEach((label, i) => (set.labels[i] = label === 1 ? -1 : label))
    const plan = planProbe(set, createRng(1))!
    expect(plan.indices.every((row) => set.labels[row]! >= 0)).toBe(true)
    expect(plan.numClasses).toBe(3)
  })
  test.each([
    ['no labels', { ...rows(30), labels: new Int32Array(30).fill(-1) }],
    ['one class', rows(30, 1)],
    ['two groups', rows(8)],
  ])('there are none for %s', (_, set) => {
    expect(planProbe(set, createRng(1))).toBeUndefined()
  })
})

test('features that tell classes apart score high, noise scores as chance', () => {
  const set = rows(240)
  const plan = planProbe(set, createRng(1))!
  const labels = Int32Array.from(plan.indices, (row) => set.labels[row]!)
  const good = probe(features(labels, 6), plan)
  expect(good.knn).toBeGreaterThan(0.9)
  expect(good.linear).toBeGreaterThan(0.9)
  const chance = [1, 2, 3, 4].map((seed) => probe(features(labels, 0, seed), plan))
  for (const key of ['knn', 'linear'] as const) {
    const mean = chance.reduce((sum, score) => sum + score[key], 0) / chance.length
    expect(Math.abs(mean - 1 / 3)).toBeLessThan(0.08)
  }
})
test('a row’s own label does not reach its answer: features that name their row score as chance', () => {
  const set = rows(90)
  const plan = planProbe({ ...set, groups: set.groups.map((_, i) => `g${String(i)}`) }, createRng(1))!
  const unique = new Float32Array(90 * 90)
  for (let i = 0; i < 90; i++) unique[i * 91] = 1
  const { knn, linear } = probe(unique, plan)
  expect(knn).toBeLessThan(0.55)
  expect(linear).toBeLessThan(0.55)
})
describe('nearest neighbours', () => {
  const bank = features(rows(30).labels, 1)
  test('with k = 1 find each row itself in its own bank', () => {
    for (let row = 0; row < 30; row++) {
      const near = rowsOf(bank).map((other, i) => ({ cosine: cosine(rowsOf(bank)[row]!, other), label: i % 3 }))
      expect(knnScores(near, 3, 1)[row % 3]).toBe(1)
    }
  })
  test('give probabilities that sum to 1, weighted by exp(cosine / 0.07)', () => {
    const scores = knnScores([{ cosine: 0.9, label: 0 }, { cosine: 0.83, label: 1 }, { cosine: -1, label: 2 }], 3, 2) // prettier-ignore
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 12)
    expect(scores[0]! / scores[1]!).toBeCloseTo(Math.exp(1), 9)
    expect(scores[2]).toBe(0)
  })
})

function rowsOf(values: Float32Array): Float32Array[] {
  return Array.from({ length: values.length / 6 }, (_, i) => values.subarray(i * 6, (i + 1) * 6))
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
