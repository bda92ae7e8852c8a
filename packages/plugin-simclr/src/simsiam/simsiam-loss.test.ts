import { loadEngine, type Tensor2D } from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { describe, expect, test } from 'vitest'
import { simSiamLoss } from './simsiam-loss.js'

const projections = [[1, 2, 3], [-1, 0, 2], [2, 1, 2], [0, -1, 3]] // prettier-ignore
const predictions = [[2, 1, 1], [0, 1, 2], [1, 1, 1], [1, -1, 2]] // prettier-ignore

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe.each(testEngines)('on %s', (name) => {
  const loss = async (z: number[][], p: number[][]) => {
    const { tf } = await loadEngine({ prefer: name })
    return tf.tidy(() => simSiamLoss(tf, tf.tensor2d(z), tf.tensor2d(p)).dataSync()[0]!)
  }
  test('is minus the mean cosine of predictions with the other view’s projection', async () => {
    const mean = predictions.reduce((sum, row, i) => sum + cosine(row, projections[(i + 2) % 4]!), 0) / 4
    expect(await loss(projections, predictions)).toBeCloseTo(-mean, 6)
    const swapped = (rows: number[][]) => [...rows.slice(2), ...rows.slice(0, 2)]
    expect(await loss(projections, swapped(projections))).toBeCloseTo(-1, 6)
  })
  test('learns by predictions alone: no gradient flows into projections', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const [intoProjections, intoPredictions] = tf.tidy(() =>
      tf
        .grads((z, p) => simSiamLoss(tf, z as Tensor2D, p as Tensor2D))([
          tf.tensor2d(projections),
          tf.tensor2d(predictions),
        ])
        .map((gradient) => gradient.arraySync() as number[][]),
    )
    expect(intoProjections!.flat().every((value) => value === 0)).toBe(true)
    const step = 0.01
    for (const [i, row] of predictions.entries()) {
      for (const j of row.keys()) {
        const moved = (by: number) => predictions.map((values, a) => values.map((value, b) => (a === i && b === j ? value + by : value))) // prettier-ignore
        const slope = ((await loss(projections, moved(step))) - (await loss(projections, moved(-step)))) / (2 * step)
        expect(intoPredictions![i]![j]).toBeCloseTo(slope, 3)
      }
    }
  })
  test('does not change with the length of rows, or with the order of pairs and views', async () => {
    const expected = await loss(projections, predictions)
    const longer = (rows: number[][]) => rows.map((row, i) => row.map((value) => value * (i + 1)))
    expect(await loss(longer(projections), longer(predictions))).toBeCloseTo(expected, 6)
    const order = [1, 0, 3, 2]
    expect(await loss(order.map((i) => projections[i]!), order.map((i) => predictions[i]!))).toBeCloseTo(expected, 6) // prettier-ignore
  })
})
