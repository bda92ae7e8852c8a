import { loadEngine, normalStream, type Tensor2D } from '@etsef/nn'
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

  test('NT-Xent’s gradient is that of finite differences', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const analytic = tf.tidy(() => tf.grad((z) => ntXentLoss(tf, z as Tensor2D, { temperature: 0.2 }))(tf.tensor2d(EMBEDDINGS)).arraySync() as number[][]) // prettier-ignore
    const step = 0.01
    for (const [i, row] of EMBEDDINGS.entries()) {
      for (const j of row.keys()) {
        const moved = (by: number) => EMBEDDINGS.map((values, a) => values.map((value, b) => (a === i && b === j ? value + by : value))) // prettier-ignore
        const slope = ((await ntXent(moved(step), 0.2)) - (await ntXent(moved(-step), 0.2))) / (2 * step)
        expect(analytic[i]![j]).toBeCloseTo(slope, 3)
      }
    }
  })

  test('NT-Xent does not change when all rows are turned, pairs permuted, or views swapped', async () => {
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)]
    const turned = EMBEDDINGS.map(([x, y, z]) => [cos * x! - sin * z!, y!, sin * x! + cos * z!])
    const [a0, a1, b0, b1] = EMBEDDINGS as [number[], number[], number[], number[]]
    for (const rows of [turned, [a1, a0, b1, b0], [b0, b1, a0, a1], [a0, b1, b0, a1]]) {
      expect(await ntXent(rows, 0.5)).toBeCloseTo(0.685284727776176, 5)
    }
  })

  test.for([
    [0.1, 5.216],
    [0.5, 4.864],
    [2, 4.845],
  ] as const)(
    'NT-Xent of 64 pairs of random directions at temperature %s is near log(127)',
    async ([temperature, expected]) => {
      const normal = normalStream(5)
      const rows = Array.from({ length: 128 }, () => Array.from({ length: 128 }, normal))
      expect(Math.abs((await ntXent(rows, temperature)) - expected)).toBeLessThan(0.15 * temperature ** -0.5)
    },
  )

  test('NT-Xent is never negative, however well views agree', async () => {
    const normal = normalStream(9)
    for (const [images, temperature] of [[2, 0.05], [3, 0.1], [16, 0.5], [16, 2]] as const) {
      const half = Array.from({ length: images }, () => Array.from({ length: 5 }, normal))
      expect(await ntXent([...half, ...half], temperature)).toBeGreaterThanOrEqual(0)
      expect(await ntXent([...half, ...half.map((row) => row.map((value) => -value))], temperature)).toBeGreaterThan(0)
    }
  }) // prettier-ignore

  test('NT-Xent refuses a single image', async () => {
    await expect(ntXent([[1, 0], [0, 1]], 0.5)).rejects.toThrow(RangeError) // prettier-ignore
  })
})

// What mistakes give on these rows: each is far from the right value, so the golden test above would fail for it.
describe('fingerprints of mistakes', () => {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)
  const unit = EMBEDDINGS.map((row) => row.map((value) => value / Math.sqrt(dot(row, row))))
  const loss = (
    rows: readonly (readonly number[])[],
    temperature: number,
    { partner = (i: number) => (i + 2) % 4, counts = (i: number, k: number) => i !== k } = {},
  ) => {
    const terms = rows.map((row, i) => {
      const s = rows.map((other) => dot(row, other) / temperature)
      return Math.log(s.reduce((sum, value, k) => sum + (counts(i, k) ? Math.exp(value) : 0), 0)) - s[partner(i)]!
    })
    return terms.reduce((sum, term) => sum + term, 0) / 4
  }
  test('cosines of all pairs', () => {
    const cosines = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]].map(([i, k]) => dot(unit[i!]!, unit[k!]!)) // prettier-ignore
    for (const [at, expected] of [0.5976143047, 0.8908708064, 0.5916079783, 0.298142397, 0.8485281374, 0.5270462767].entries()) expect(cosines[at]).toBeCloseTo(expected, 9) // prettier-ignore
  })
  test('the loss without a mistake is the golden one', () => {
    expect(loss(unit, 0.5)).toBeCloseTo(0.685284727776176, 12)
  })
  test.for([
    ['a view counts as its own candidate', loss(unit, 0.5, { counts: () => true }), 1.1890381],
    ['the partner is left out of the candidates', loss(unit, 0.5, { counts: (i, k) => i !== k && k !== (i + 2) % 4 }), -0.02098113], // prettier-ignore
    ['rows are read as interleaved', loss(unit, 0.5, { partner: (i) => i ^ 1 }), 1.30002309],
    ['rows are not normalised', loss(EMBEDDINGS, 0.5), 0.56818038],
    ['rows are not normalised, temperature 2', loss(EMBEDDINGS, 2), 0.5243172],
  ] as const)('%s', ([, value, fingerprint]) => {
    expect(value).toBeCloseTo(fingerprint, 7)
    expect(Math.abs(value - 0.685284727776176)).toBeGreaterThan(0.1)
  })
  test('the sum of the two directions is twice the mean over all views', () => {
    const sum = [0, 1].reduce((total, half) => total + EMBEDDINGS.slice(0, 2).reduce((part, _, k) => part + term(k + 2 * half), 0) / 2, 0) // prettier-ignore
    expect(sum).toBeCloseTo(1.370569455552352, 12)
  })
  function term(i: number): number {
    const s = unit.map((other) => dot(unit[i]!, other) / 0.5)
    return Math.log(s.reduce((sum, value, k) => sum + (k === i ? 0 : Math.exp(value)), 0)) - s[(i + 2) % 4]!
  }
  test('per view', () => {
    for (const [i, expected] of [0.7447357902, 0.6616758714, 0.5814610353, 0.7532662142].entries()) {
      expect(term(i)).toBeCloseTo(expected, 9)
    }
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

test('a run of 512 pictures that is stuck at 6.9287 of log(1023) = 6.9305 lies at a position that says so', () => {
  // tensorflow/similarity #233, whose monitor of the deviation called it healthy.
  for (const temperature of [0.1, 0.5, 1]) expect(ntXentPosition(6.9287, 512, temperature)).toBeGreaterThan(0.995)
})
