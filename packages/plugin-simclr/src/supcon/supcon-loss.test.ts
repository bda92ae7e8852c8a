import { loadEngine, type Scalar, type Tensor2D, type Tf } from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { describe, expect, test } from 'vitest'
import { positiveShares, supConLoss, supConPosition } from './supcon-loss.js'

/** First views of three pictures, then second views; the first two are of one class. */
const EMBEDDINGS = [[1, 2, 3], [-1, 0, 2], [0.5, 1, -1], [2, 1, 2], [0, -1, 3], [1, 1, -2]] // prettier-ignore
const labels = Int32Array.of(0, 0, 1)

function lossOf(tf: Tf, rows: Tensor2D, classes: Int32Array, temperature: number): Scalar {
  return supConLoss(tf, rows, tf.tensor2d(positiveShares(classes), [rows.shape[0], rows.shape[0]]), temperature)
}

describe.each(testEngines)('on %s', (name) => {
  const supCon = async (rows: readonly number[][], classes: Int32Array, temperature = 0.5) => {
    const { tf } = await loadEngine({ prefer: name })
    return tf.tidy(() => lossOf(tf, tf.tensor2d([...rows]), classes, temperature).dataSync()[0]!)
  }
  test('is equation 2 of the paper (float64, written out in NumPy 2)', async () => {
    expect(await supCon(EMBEDDINGS, labels)).toBeCloseTo(0.9197300648911372, 5)
  })
  test('is NT-Xent where every picture is a class of its own, labelled or not', async () => {
    const four = [[1, 2, 3], [-1, 0, 2], [2, 1, 2], [0, -1, 3]] // prettier-ignore
    expect(await supCon(four, Int32Array.of(0, 1))).toBeCloseTo(0.685284727776176, 5)
    expect(await supCon(four, Int32Array.of(-1, -1))).toBeCloseTo(0.685284727776176, 5)
    expect(await supCon(four, Int32Array.of(0, 0))).toBeCloseTo(1.1734137047512925, 5)
  })
  test('has the gradient of finite differences, orthogonal to each row', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const analytic = tf.tidy(() => tf.grad((z) => lossOf(tf, z as Tensor2D, labels, 0.5))(tf.tensor2d(EMBEDDINGS)).arraySync() as number[][]) // prettier-ignore
    const step = 0.01
    for (const [i, row] of EMBEDDINGS.entries()) {
      expect(row.reduce((sum, value, j) => sum + value * analytic[i]![j]!, 0)).toBeCloseTo(0, 5)
      for (const j of row.keys()) {
        const moved = (by: number) => EMBEDDINGS.map((values, a) => values.map((value, b) => (a === i && b === j ? value + by : value))) // prettier-ignore
        const slope = ((await supCon(moved(step), labels)) - (await supCon(moved(-step), labels))) / (2 * step)
        expect(analytic[i]![j]).toBeCloseTo(slope, 3)
      }
    }
  })
  test('lies at position 0 for classes on a simplex, and at 1 for equal embeddings', async () => {
    const simplex = [[1, 0], [1, 0], [-1, 0], [1, 0], [1, 0], [-1, 0]] // prettier-ignore
    expect(supConPosition(await supCon(simplex, labels), labels, 0.5)).toBeCloseTo(0, 5)
    expect(supConPosition(await supCon(simplex.map(() => [1, 2]), labels), labels, 0.5)).toBeCloseTo(1, 5) // prettier-ignore
  })
})
test('a batch of one class has no position', () => {
  expect(supConPosition(1, Int32Array.of(2, 2, 2), 0.5)).toBeNaN()
})
