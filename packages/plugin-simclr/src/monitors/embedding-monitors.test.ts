import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { embeddingMonitors } from './embedding-monitors.js'

/** Rows a0, a1, b0, b1. */
const embeddings = [1, 2, 3, -1, 0, 2, 2, 1, 2, 0, -1, 3]

test('deviation is lightly’s, the rank RankMe, alignment and uniformity those of the papers', () => {
  const { std, rankMe, alignment, uniformity } = embeddingMonitors(embeddings, 4)
  expect(std).toBeCloseTo(0.3219213085, 9)
  expect(rankMe).toBeCloseTo(2.65705598, 6)
  expect(alignment).toBeCloseTo(0.2606010562, 9)
  expect(uniformity).toBeCloseTo(-1.2049498317, 9)
})
test('a constant batch has deviation 0 and rank 1', () => {
  const { std, rankMe, alignment, uniformity } = embeddingMonitors(new Float32Array(20).fill(2.5), 4)
  expect(std).toBeCloseTo(0, 12)
  expect(rankMe).toBeCloseTo(1, 4)
  expect(alignment).toBeCloseTo(0, 12)
  expect(uniformity).toBeCloseTo(0, 12)
})
test('the rank is that of many directions when there are many, wide or tall', () => {
  const rng = createRng(1)
  for (const [rows, width] of [
    [64, 16],
    [16, 64],
  ] as const) {
    // prettier-ignore
    const { rankMe, std } = embeddingMonitors(Float32Array.from({ length: rows * width }, () => rng.normal()), rows)
    expect(rankMe).toBeGreaterThan(13)
    expect(rankMe).toBeLessThanOrEqual(16.01)
    expect(std * Math.sqrt(width)).toBeCloseTo(1, 1)
  }
})
test('no monitor changes with the length of rows', () => {
  const scaled = embeddings.map((value, i) => value * (1 + Math.floor(i / 3)))
  const [a, b] = [embeddingMonitors(embeddings, 4), embeddingMonitors(scaled, 4)]
  for (const key of ['std', 'rankMe', 'alignment', 'uniformity'] as const) expect(a[key]).toBeCloseTo(b[key]!, 9)
})
