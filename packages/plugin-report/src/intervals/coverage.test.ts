import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { conformalThresholds, predictionSets } from '../calibrate/conformal.js'
import { judgeSets } from '../evaluate/calibrated.js'
import { evaluate } from '../evaluate/evaluation.js'
import { openMeasure, setColumn } from '../evaluate/measure.js'
import type { SetMetric } from '../evaluate/measure.js'
import { clusterResamples } from './bootstrap.js'

/** Simulated studies: few by default; `ETSEF_STUDIES=500` holds the coverage to what is claimed. */
const numStudies = Number(process.env['ETSEF_STUDIES'] ?? 60)

/** What a share of `numStudies` may be when the true share is within [low, high]: three standard errors wider. */
function within(share: number, low: number, high: number, n: number): void {
  const slack = n >= 200 ? 0 : 3 * Math.sqrt((0.95 * 0.05) / n)
  expect(share).toBeGreaterThanOrEqual(low - slack)
  expect(share).toBeLessThanOrEqual(high + slack)
}

/** A study of 120 patients with 1 to 4 images that share a patient's difficulty: three classes, scores and predictions. */
function simulate(seed: number, numPatients: number) {
  const rng = createRng(seed)
  const groups: string[] = []
  const yTrue: number[] = []
  const scores: number[] = []
  for (let patient = 0; patient < numPatients; patient++) {
    const label = rng.integer(3)
    const shift = [rng.normal(), rng.normal(), rng.normal()]
    for (let image = rng.integer(4); image >= 0; image--) {
      groups.push(String(patient))
      yTrue.push(label)
      const logits = shift.map((own, c) => own + 0.8 * rng.normal() + (c === label ? 1.8 : 0))
      const largest = Math.max(...logits)
      const powers = logits.map((logit) => Math.exp(logit - largest))
      const sum = powers.reduce((total, power) => total + power, 0)
      scores.push(...powers.map((power) => power / sum))
    }
  }
  const yPred = yTrue.map((_, row) => {
    const own = scores.slice(row * 3, row * 3 + 3)
    return own.indexOf(Math.max(...own))
  })
  return {
    judged: { yTrue: Int32Array.from(yTrue), groups, classNames: ['a', 'b', 'c'] },
    candidate: {
      name: 'made',
      yPred: Int32Array.from(yPred),
      scores: Float64Array.from(scores),
      scoreKind: 'probability' as const,
    },
  }
}

describe(`${String(numStudies)} simulated studies of patients with several images`, () => {
  test('95 % intervals by patient hold the truth in 93 to 97 of 100', { timeout: 600_000 }, () => {
    const metrics: readonly SetMetric[] = ['accuracy', 'balancedAccuracy', 'macroAuroc']
    const world = simulate(1, 60_000)
    const truth = openMeasure(world.judged, world.candidate, { isProbability: false })(
      new Int32Array(world.judged.yTrue.length).fill(1),
    )
    const held = new Map(metrics.map((metric) => [metric, 0]))
    for (let number = 0; number < numStudies; number++) {
      const { judged, candidate } = simulate(100 + number, 120)
      const resamples = clusterResamples({ groups: judged.groups, resamples: 1000, rng: createRng(number) })
      const { intervals } = evaluate(judged, candidate, { resamples, confidence: 0.95 })
      for (const metric of metrics) {
        const interval = intervals[metric]!
        const column = setColumn(metric)
        if (interval.low <= truth[column]! && truth[column]! <= interval.high) held.set(metric, held.get(metric)! + 1)
      }
    }
    for (const [metric, count] of held) {
      if (process.env['ETSEF_STUDIES'] !== undefined) process.stdout.write(`${metric} ${count / numStudies}\n`)
      within(count / numStudies, 0.93, 0.97, numStudies)
    }
  })

  test('sets of 90 % hold the true class in 88 to 93 of 100, within each class where they are made for that', () => {
    const repeats = Math.min(200, numStudies)
    const marginal: number[] = []
    const perClass: number[][] = [[], [], []]
    for (let repeat = 0; repeat < repeats; repeat++) {
      const fitting = simulate(5000 + repeat, 150)
      const rows = simulate(9000 + repeat, 300)
      const calibration = {
        yTrue: fitting.judged.yTrue,
        scores: fitting.candidate.scores,
        numClasses: 3,
        groups: fitting.judged.groups,
      }
      const judge = (kind: 'marginal' | 'class') =>
        judgeSets(
          predictionSets(rows.candidate.scores, conformalThresholds(calibration, { alpha: 0.1, within: kind })),
          rows.judged.yTrue,
          3,
        )
      marginal.push(judge('marginal').coverage)
      judge('class').perClass.forEach((share, c) => perClass[c]!.push(share!))
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    if (process.env['ETSEF_STUDIES'] !== undefined)
      process.stdout.write(`sets ${mean(marginal)} ${perClass.map(mean).join(' ')}\n`)
    for (const share of [mean(marginal), ...perClass.map(mean)]) {
      expect(share).toBeGreaterThanOrEqual(0.88)
      expect(share).toBeLessThanOrEqual(0.93)
    }
  })
})
