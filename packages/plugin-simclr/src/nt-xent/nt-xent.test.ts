import { loadEngine, type Tensor2D } from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { describe, expect, test } from 'vitest'
import { ntXentLoss, ntXentPosition } from './nt-xent.js'

// Peers: lightly and pytorch-metric-learning 2.9.0.
/** Rows a0, a1, b0, b1; positives (0, 2) and (1, 3). */
const EMBEDDINGS = [
  [1, 2, 3],
  [-1, 0, 2],
  [2, 1, 2],
  [0, -1, 3],
]

describe.each(testEngines)('on %s', (name) => {
  const ntXent = async (rows: number[][], temperature: number) => {
    const { tf } = await loadEngine({ prefer: name })
    return tf.tidy(() => ntXentLoss(tf, tf.tensor2d(rows), { temperature }).dataSync()[0]!)
  }

  test.for([
    [0.5, 0.685284727776176],
    [0.1, 0.07983783883828],
    [1, 0.87331899591681],
    [2, 0.98126110801317],
  ] as const)('NT-Xent at temperature %s is lightly’s', async ([temperature, expected]) => {
    expect(await ntXent(EMBEDDINGS, temperature)).toBeCloseTo(expected, 5)
  })

  test('NT-Xent has lightly’s gradient, orthogonal to each embedding', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const expected = [
      [-0.1135517198, -0.0520296425, 0.0725370016],
      [0.0442027476, 0.166079737, 0.0221013738],
      [-0.0145886507, -0.0863576056, 0.0577674535],
      [0.1491325002, 0.0598458364, 0.0199486121],
    ]
    const gradient = tf.tidy(
      () =>
        tf
          .grad((z) => ntXentLoss(tf, z as Tensor2D))(tf.tensor2d(EMBEDDINGS))
          .arraySync() as number[][],
    )
    for (const [i, row] of gradient.entries()) {
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(expected[i]![j]!, 5)
      expect(row.reduce((sum, value, j) => sum + value * EMBEDDINGS[i]![j]!, 0)).toBeCloseTo(0, 5)
    }
  })

  test('NT-Xent does not change with the scale of a row, and is log(2N − 1) for equal rows', async () => {
    const scaled = EMBEDDINGS.map((row, i) => row.map((value) => value * (1 + 100 * i)))
    expect(await ntXent(scaled, 0.5)).toBeCloseTo(0.685284727776176, 5)
    expect(
      await ntXent(
        EMBEDDINGS.map(() => [1, 2, 3]),
        0.5,
      ),
    ).toBeCloseTo(Math.log(3), 5)
  })

  test('NT-Xent refuses a single image', async () => {
    await expect(ntXent([[1, 0], [0, 1]], 0.5)).rejects.toThrow(RangeError) // prettier-ignore
  })
})

test('NT-Xent position is 0 at the best reachable loss and 1 for equal embeddings', () => {
  // Best losses at N = 64 for T = 0.1, 0.5, 2 (simplex of 64 directions).
  for (const [temperature, best] of [
    [0.1, 0.0049],
    [0.5, 2.8633],
    [2, 4.3414],
  ] as const) {
    expect(ntXentPosition(best, 64, temperature)).toBeCloseTo(0, 3)
    expect(ntXentPosition(Math.log(127), 64, temperature)).toBeCloseTo(1, 9)
  }
})
