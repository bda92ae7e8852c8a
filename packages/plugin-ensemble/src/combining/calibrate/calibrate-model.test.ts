import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import type { PredictionBatch } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import plugin from '../../plugin.js'
import { fitIsotonic, poolAdjacentViolators } from './isotonic.js'
import { applyPlatt, fitPlatt } from './platt.js'

const calibrate = plugin.operations.find(({ type }) => type === 'ensemble/calibrate')!

test('isotonic regression pools violators', () => {
  // scikit-learn 1.9.1: IsotonicRegression().fit_transform(range(6), [1, 2, 1, 3, 2, 4]) = 1, 1.5, 1.5, 2.5, 2.5, 4
  const { scores, values } = poolAdjacentViolators(Float64Array.of(5, 0, 1, 2, 3, 4), Float64Array.of(4, 1, 2, 1, 3, 2))
  expect(Array.from(scores)).toEqual([0, 1, 2, 3, 4, 5])
  expect(Array.from(values)).toEqual([1, 1.5, 1.5, 2.5, 2.5, 4])
})

test('isotonic regression averages equal scores first', () => {
  const { scores, values } = poolAdjacentViolators(Float64Array.of(1, 1, 2, 2), Float64Array.of(0, 1, 1, 1))
  expect(Array.from(scores)).toEqual([1, 2])
  expect(Array.from(values)).toEqual([0.5, 1])
})

test('Platt’s sigmoid is at the minimum of its loss', () => {
  const scores = matrix(8, 2, [2, -2, 1, -1, 0.5, -0.5, -1, 1, -2, 2, 0.2, -0.2, -0.3, 0.3, 3, -3])
  const labels = Int32Array.of(0, 0, 1, 1, 1, 0, 1, 0)
  const { slopes, offsets } = fitPlatt(scores, labels)
  expect(slopes[0]).toBeLessThan(0)
  // Two classes with mirrored scores have mirrored sigmoids.
  expect(slopes[1]).toBeCloseTo(slopes[0]!, 8)
  expect(offsets[1]).toBeCloseTo(-offsets[0]!, 8)
  // Slope of the loss by hand: Σ (target − p) and Σ score · (target − p) vanish.
  let [g1, g2] = [0, 0]
  labels.forEach((label, i) => {
    const p = 1 / (1 + Math.exp(slopes[0]! * scores.data[2 * i]! + offsets[0]!))
    const target = label === 0 ? 5 / 6 : 1 / 6
    g1 += scores.data[2 * i]! * (target - p)
    g2 += target - p
  })
  expect(g1).toBeCloseTo(0, 9)
  expect(g2).toBeCloseTo(0, 9)
  expect(applyPlatt({ kind: 'platt', slopes, offsets }, scores).data[0]).toBeGreaterThan(0.5)
})

test('no rows are refused', () => {
  const few = expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' })
  expect(() => fitPlatt(matrix(0, 2), new Int32Array())).toThrow(few)
  expect(() => fitIsotonic(matrix(0, 2), new Int32Array())).toThrow(few)
})

describe.each(['temperature', 'platt', 'isotonic'])('%s', (method) => {
  const given = somePredictions({ numSamples: 200, numClasses: 3, accuracy: 0.6 })
  // Over-confident: .98 where .6 is right.
  const confident = { ...given, scores: given.scores.map((score) => (score > 0.5 ? 0.98 : 0.01)) }

  test('takes over-confidence back and gives probabilities', async () => {
    const result = await runOperation(calibrate, { options: { method }, inputs: { predictions: confident } })
    const { scores, scoreKind } = result.outputs['predictions'] as PredictionBatch
    result.dispose()
    expect(scoreKind).toBe('probability')
    for (let i = 0; i < 200; i++) expect(scores[3 * i]! + scores[3 * i + 1]! + scores[3 * i + 2]!).toBeCloseTo(1, 12)
    const top = Array.from({ length: 200 }, (_, i) => Math.max(...scores.subarray(3 * i, 3 * i + 3)))
    expect(top.reduce((sum, value) => sum + value, 0) / 200).toBeLessThan(0.9)
  })

  test('is fitted on val: other rows do not move it', async () => {
    const moved = {
      ...confident,
      labels: confident.labels.map((label, i) => (confident.partitions[i] === 'val' ? label : 0)),
    }
    const run = async (predictions: PredictionBatch): Promise<Float64Array> => {
      const result = await runOperation(calibrate, { options: { method }, inputs: { predictions } })
      result.dispose()
      return (result.outputs['predictions'] as PredictionBatch).scores
    }
    expect(await run(moved)).toEqual(await run(confident))
  })
})
