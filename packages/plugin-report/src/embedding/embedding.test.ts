import { createRng } from '@etsef/plugin-api'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { squaredDistances } from './distances.js'
import { planarPca } from './pca-start.js'
import { conditionalProbabilities, jointProbabilities } from './perplexity.js'
import { silhouette } from './silhouette.js'
import { allowedPerplexity, tsne, tsneSteps } from './t-sne.js'
import { tsneCost, tsneGradient } from './t-sne-gradient.js'
import { umapSteps } from './umap.js'
import { trustworthiness } from './trustworthiness.js'

const five = { values: [0, 0, 1, 0, 0, 1, 5, 5, 6, 5], numSamples: 5, numFeatures: 2 }
const condensed = [
  0.1044690549, 0.1044388305, 0.0043252035, 0.0045059555, 0.0909959457, 0.0074463186, 0.0076588049, 0.007448306,
  0.0069546314, 0.161756949,
]
const upper = (square: Float64Array, n: number) =>
  Array.from({ length: n }, (_, i) => [...square.subarray(i * n + i + 1, (i + 1) * n)]).flat()

// Three blobs of 15 in four dimensions, without random numbers so that a peer can rebuild them.
const blobs = {
  values: Array.from({ length: 45 }, (_, i) => {
    const c = Math.floor(i / 15)
    return [
      3 * c + Math.sin(i * 1.7) * 0.8,
      [0, 4, 1][c]! + Math.cos(i * 2.3) * 0.7,
      Math.sin(i * 3.1 + 1) * 0.6,
      [0, 1, 5][c]! + Math.cos(i * 0.9 + 2) * 0.5,
    ]
  }).flat(),
  numSamples: 45,
  numFeatures: 4,
}
const blobLabels = Array.from({ length: 45 }, (_, i) => Math.floor(i / 15))

// Reference values: scikit-learn 1.9.1.
describe('t-SNE parts', () => {
  test('joint probabilities of five points at perplexity 2', () => {
    const joint = jointProbabilities(squaredDistances(five), 5, 2)
    upper(joint, 5).forEach((p, i) => {
      expect(p).toBeCloseTo(condensed[i]!, 8)
    })
    expect(joint.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
  })

  test('each point shares its weight among its nearest neighbours', () => {
    const row = conditionalProbabilities(squaredDistances(five), 5, 2).subarray(0, 5)
    expect([...row].map((p) => Math.round(p * 1e4) / 1e4)).toEqual([0, 0.5, 0.5, 0, 0])
  })

  test('KL divergence and gradient', () => {
    const square = new Float64Array(25)
    let at = 0
    for (let i = 0; i < 5; i++) for (let j = i + 1; j < 5; j++) square[i * 5 + j] = square[j * 5 + i] = condensed[at++]!
    const y = Float64Array.of(0, 0, 0.1, 0, 0, 0.1, 1, 1, 1.1, 1)
    const kl = tsneCost(square, y)
    const gradient = tsneGradient(square, y)
    expect(kl).toBeCloseTo(0.2192865643888, 8)
    const expected = [
      0.0524789938, 0.0498021931, 0.0676708355, 0.0553212007, 0.0585783895, 0.0654144262, -0.1231217911, -0.0918910202,
      -0.0556064277, -0.0786467998,
    ]
    gradient.forEach((g, i) => {
      expect(g).toBeCloseTo(expected[i]!, 8)
    })
  })

  test('the gradient is that of finite differences, and its columns sum to 0', () => {
    const joint = jointProbabilities(squaredDistances(five), 5, 2)
    const rng = createRng(4)
    const y = Float64Array.from({ length: 10 }, () => rng.normal())
    const gradient = tsneGradient(joint, y)
    gradient.forEach((g, i) => {
      const shifted = (by: number) =>
        tsneCost(
          joint,
          y.map((value, j) => (j === i ? value + by : value)),
        )
      expect((shifted(1e-5) - shifted(-1e-5)) / 2e-5).toBeCloseTo(g, 7)
    })
    expect(gradient.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12)
  })

  test('distant rows keep their neighbours: no underflow', () => {
    const far = { values: [0, 0.1, 1e6, 2e6, 3e6], numSamples: 5, numFeatures: 1 }
    const rows = conditionalProbabilities(squaredDistances(far), 5, 1.2)
    expect(rows.every(Number.isFinite)).toBe(true)
  })

  test('principal components have the variances and scores of scikit-learn, largest loading positive', () => {
    const values = [1, 10, 0, 2, 20, 1, 3, 30, 0, 4, 10, 1, 6, 20, 1, 8, 30, 1, 5, 12, 0, 7, 18, 0, 9, 33, 1]
    const { variances, scores } = planarPca({ values, numSamples: 9, numFeatures: 3 }, createRng(1))
    expect(variances[0]).toBeCloseTo(81.974942437841, 8)
    expect(variances[1]).toBeCloseTo(5.063867708213, 8)
    expect(scores[0]).toBeCloseTo(-10.889628729978147, 6)
    expect(scores[1]).toBeCloseTo(-2.1066646838504175, 6)
  })

  test('principal components of rank-one data have a zero second variance', () => {
    const { variances } = planarPca({ values: [1, 1, 2, 2, 3, 3], numSamples: 3, numFeatures: 2 }, createRng(1))
    expect(variances[1]).toBeCloseTo(0, 12)
  })
})

describe('t-SNE', () => {
  test('reaches the KL and trustworthiness of scikit-learn on three blobs', () => {
    const { embedding, kl } = tsne(blobs, { perplexity: 10, rng: createRng(0) })
    // scikit-learn 1.9.1, method 'exact', eight starts: KL 0.071 to 0.106; trustworthiness(5) 0.98811
    expect(kl).toBeLessThan(0.115)
    const trust = trustworthiness(
      squaredDistances(blobs),
      squaredDistances({ values: embedding, numSamples: 45, numFeatures: 2 }),
      { n: 45 },
    )
    expect(trust).toBeGreaterThan(0.975)
    expect(
      silhouette(squaredDistances({ values: embedding, numSamples: 45, numFeatures: 2 }), blobLabels),
    ).toBeGreaterThan(0.7)
  })

  test('repeats with its seed and is centred', () => {
    const run = () => tsne(blobs, { perplexity: 10, maxIter: 100, rng: createRng(5) }).embedding
    expect(run()).toEqual(run())
    expect(
      run()
        .filter((_, i) => i % 2 === 0)
        .reduce((a, b) => a + b, 0),
    ).toBeCloseTo(0, 9)
  })

  test('lowers a perplexity that needs more rows, and says so', () => {
    expect(allowedPerplexity(30, 1000)).toEqual({ perplexity: 30, warning: null })
    expect(allowedPerplexity(30, 91)).toMatchObject({
      perplexity: 29,
      warning: expect.stringContaining('lowered to 29') as string,
    })
    expect(tsne(five, { perplexity: 30, maxIter: 20, rng: createRng(1) }).perplexity).toBe(1)
    expect(() => allowedPerplexity(0, 10)).toThrow(RangeError)
    expect(() => tsne({ values: [1, 2, 3], numSamples: 3, numFeatures: 1 }, { rng: createRng(1) })).toThrow(
      'at least 4 rows',
    )
  })

  test('survives identical rows', () => {
    const same = { values: new Array<number>(24).fill(3), numSamples: 12, numFeatures: 2 }
    expect(tsne(same, { perplexity: 2, maxIter: 50, rng: createRng(1) }).embedding.every(Number.isFinite)).toBe(true)
  })

  test('can be run a step at a time', () => {
    const steps = tsneSteps(five, { perplexity: 1, maxIter: 30, rng: createRng(1) })
    expect(steps.next()).toEqual({ done: false, value: 1 })
    expect([...steps]).toHaveLength(29)
  })
})

describe('UMAP', () => {
  test('keeps three blobs together, as t-SNE does, and repeats with its seed', () => {
    const embed = (seed: number) => {
      const steps = umapSteps(blobs, { neighbors: 10, rng: createRng(seed) })
      for (;;) {
        const { done, value } = steps.next()
        if (done === true) return value
      }
    }
    const embedding = embed(1)
    const plane = squaredDistances({ values: embedding, numSamples: 45, numFeatures: 2 })
    // Python's umap-learn is not asked: its draws are others. t-SNE of scikit-learn has .988 here, chance .5.
    expect(trustworthiness(squaredDistances(blobs), plane, { n: 45 })).toBeGreaterThan(0.95)
    expect(silhouette(plane, blobLabels)).toBeGreaterThan(0.7)
    expect(embed(1)).toEqual(embedding)
    expect(embed(2)).not.toEqual(embedding)
  })
  test('survives identical rows', () => {
    const same = { values: new Array<number>(24).fill(3), numSamples: 12, numFeatures: 2 }
    const steps = umapSteps(same, { neighbors: 4, rng: createRng(1) })
    let last = steps.next()
    while (last.done !== true) last = steps.next()
    expect(last.value.every(Number.isFinite)).toBe(true)
  })
})

describe('what stands beside it', () => {
  test('trustworthiness of scikit-learn for one column and for the identity', () => {
    const original = squaredDistances(blobs)
    const column = { values: blobs.values.filter((_, i) => i % 4 === 0), numSamples: 45, numFeatures: 1 }
    expect(trustworthiness(original, squaredDistances(column), { n: 45 })).toBeCloseTo(0.9657657657657658, 12)
    expect(trustworthiness(original, original, { n: 45 })).toBe(1)
    expect(trustworthiness(original, original, { n: 45, k: 23 })).toBeNull()
    // Places that know nothing, of remainders of squares, so that a peer can rebuild them.
    const remainders = { values: blobLabels.flatMap((_, i) => [(7 * i * i) % 101, (13 * i * i + 5 * i) % 97]), numSamples: 45, numFeatures: 2 } // prettier-ignore
    expect(trustworthiness(original, squaredDistances(remainders), { n: 45 })).toBeCloseTo(0.5244444444444445, 12)
    // Of any such places the mean is near one half.
    const random = Array.from({ length: 20 }, (_, seed) => {
      const rng = createRng('nothing', seed)
      const values = Array.from({ length: 90 }, () => rng.normal())
      return trustworthiness(original, squaredDistances({ values, numSamples: 45, numFeatures: 2 }), { n: 45 })!
    })
    expect(Math.abs(random.reduce((sum, value) => sum + value, 0) / 20 - 0.5)).toBeLessThan(0.05)
    const { scores } = planarPca(blobs, createRng(1))
    expect(
      trustworthiness(original, squaredDistances({ values: scores, numSamples: 45, numFeatures: 2 }), { n: 45 }),
    ).toBeCloseTo(0.9723723723723724, 12)
  })

  test('silhouette of scikit-learn', () => {
    const distances = squaredDistances(blobs)
    expect(silhouette(distances, blobLabels)).toBeCloseTo(0.7675851220367144, 12)
    expect(
      silhouette(
        distances,
        blobLabels.map((_, i) => i % 4),
      ),
    ).toBeCloseTo(-0.1039441528630006, 12)
    expect(
      silhouette(
        distances,
        blobLabels.map(() => 1),
      ),
    ).toBeNull()
  })

  test('refuses tables of the wrong size or with missing numbers', () => {
    expect(() => squaredDistances({ values: [1, 2], numSamples: 3, numFeatures: 1 })).toThrow('[3, 1]')
    expect(() => squaredDistances({ values: [1, NaN], numSamples: 2, numFeatures: 1 })).toThrow('finite')
  })

  propertyTest.prop([fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 8, maxLength: 24 })])(
    'rows of conditional probabilities sum to 1',
    (values) => {
      const n = values.length
      const rows = conditionalProbabilities(squaredDistances({ values, numSamples: n, numFeatures: 1 }), n, 2)
      for (let i = 0; i < n; i++) expect(rows.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
    },
  )
})
