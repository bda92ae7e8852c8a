import { loadEngine } from '@etsef/nn'
import { ntXentLoss, ntXentPosition } from '@etsef/plugin-simclr'
import { expect, test } from 'vitest'

/** Rows a0, a1, b0, b1; positives (0, 2) and (1, 3). */
const embeddings = [
  [1, 2, 3],
  [-1, 0, 2],
  [2, 1, 2],
  [0, -1, 3],
]

/** The loss of the notebook: dot products of raw projections, temperature 2. */
function notebookLoss(rows: readonly (readonly number[])[]): number {
  const n = rows.length
  const s = rows.map((a) => rows.map((b) => a.reduce((sum, value, j) => sum + value * b[j]!, 0) / 2))
  const terms = s.map((row, i) => {
    const others = row.filter((_, k) => k !== i)
    const top = Math.max(...others)
    return top + Math.log(others.reduce((sum, value) => sum + Math.exp(value - top), 0)) - row[(i + n / 2) % n]!
  })
  return terms.reduce((sum, term) => sum + term, 0) / n
}

const scaled = (factor: number): number[][] => embeddings.map((row) => row.map((value) => value * factor))

async function ourLoss(rows: number[][], temperature: number): Promise<number> {
  const { tf } = await loadEngine({ prefer: 'wasm' })
  return tf.tidy(() => ntXentLoss(tf, tf.tensor2d(rows), { temperature }).dataSync()[0]!)
}

test('S4: the loss of raw projections measures their length (B.1: 0.5243 / 12.5 / 1250 for × 1, 10, 100)', () => {
  expect(notebookLoss(embeddings)).toBeCloseTo(0.5243172, 6)
  expect(notebookLoss(scaled(10))).toBeCloseTo(12.5, 3)
  expect(notebookLoss(scaled(100))).toBeCloseTo(1250, 3)
})

test('S4: ours is that of lightly at temperature 0.5 (B.1) at any scale', async () => {
  for (const factor of [1, 10, 100]) expect(await ourLoss(scaled(factor), 0.5)).toBeCloseTo(0.6852847, 5)
})

test('S4: at temperature 2 hardly anything can be learned; where a run stands is reported within its band', () => {
  const numImages = 64
  const chance = Math.log(2 * numImages - 1)
  const best = (temperature: number): number =>
    Math.log1p((2 * numImages - 2) * Math.exp((-1 / (numImages - 1) - 1) / temperature))
  expect((chance - best(2)) / chance).toBeLessThan(0.11)
  expect((chance - best(0.5)) / chance).toBeGreaterThan(0.4)
  for (const temperature of [0.1, 0.5, 2]) {
    expect(ntXentPosition(chance, numImages, temperature)).toBeCloseTo(1, 12)
    expect(ntXentPosition(best(temperature), numImages, temperature)).toBeCloseTo(0, 12)
  }
})
