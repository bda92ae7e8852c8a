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

/** A study of patients with 1 to `mostImages` images that share a patient's difficulty: three classes, scores and predictions. */
function simulate(seed: number, numPatients: number, mostImages = 4) {
  const rng = createRng(seed)
  const groups: string[] = []
  const yTrue: number[] = []
  const scores: number[] = []
  for (let patient = 0; patient < numPatients; patient++) {
    const label = rng.integer(3)
    const shift = [rng.normal(), rng.normal(), rng.normal()]
    for (let image = rng.integer(mostImages); image >= 0; image--) {
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
})

/** Of prediction sets: cheaper than intervals. */
const numRepeats = Number(process.env['ETSEF_STUDIES'] ?? 200)

describe(`sets of 90 %, calibrated by patient, hold the true class in 88 to 93 of 100 over ${String(numRepeats)} simulated studies`, () => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  /** Whether the set of each new row holds its class, in each study. */
  const studies = (kind: 'marginal' | 'class', mostImages: number) =>
    Array.from({ length: numRepeats }, (_, repeat) => {
      const fitting = simulate(5000 + repeat, 150, mostImages)
      const { judged, candidate } = simulate(9000 + repeat, 300, mostImages)
      const { yTrue, groups } = fitting.judged
      const rows = { yTrue, scores: fitting.candidate.scores, numClasses: 3, groups }
      const sets = predictionSets(candidate.scores, conformalThresholds(rows, { alpha: 0.1, within: kind }))
      const isHeld = Array.from(judged.yTrue, (label, row) => sets[row * 3 + label]!)
      expect(judgeSets(sets, judged.yTrue, 3).coverage).toBeCloseTo(mean(isHeld), 12)
      return { ...judged, isHeld }
    })
  const expectHeld = (name: string, share: number): void => {
    if (process.env['ETSEF_STUDIES'] !== undefined) process.stdout.write(`sets ${name} ${String(share)}\n`)
    expect(share).toBeGreaterThanOrEqual(0.88)
    expect(share).toBeLessThanOrEqual(0.93)
  }

  test('on the whole, where each patient has one image', () => {
    expectHeld('marginal', mean(studies('marginal', 1).map(({ isHeld }) => mean(isHeld))))
  })

  test('within each class, where each class has a threshold of its own', () => {
    const made = studies('class', 4)
    for (const name of [0, 1, 2]) {
      const shares = made.map(({ isHeld, yTrue }) => mean(isHeld.filter((_, row) => yTrue[row] === name)))
      expectHeld(`of class ${String(name)}`, mean(shares))
    }
  })

  test('clustered by patient: over patients, and over images of patients that have several', () => {
    const made = studies('marginal', 4)
    const byPatient = made.map(({ isHeld, groups }) => {
      const patients = [...new Set(groups)]
      return mean(patients.map((patient) => mean(isHeld.filter((_, row) => groups[row] === patient))))
    })
    expectHeld('by patient', mean(byPatient))
    expectHeld('by image', mean(made.map(({ isHeld }) => mean(isHeld))))
  })
})
