import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { countsOf, measureAll, openMeasure, setColumn, classColumn } from '../evaluate/measure.js'
import type { Candidate, Judged } from '../evaluate/judged.js'
import { aurocInterval, deLong } from '../paired/delong.js'
import { bcaInterval } from './bca.js'
import { groupMembers } from './bootstrap.js'
import { wilsonInterval } from './wilson.js'

interface Ends {
  readonly low: number
  readonly high: number
}

/** Made by tools/peers/report-intervals.py: scipy 1.17.1, scikit-learn 1.9.1, statsmodels 0.15.0, numpy 2.4.6. */
const reference = JSON.parse(readFileSync(new URL('../../fixtures/intervals.json', import.meta.url), 'utf8')) as {
  readonly resamples: number
  readonly studies: readonly {
    readonly number: number
    readonly accuracy: Ends & { readonly used: number }
    readonly auroc: Ends & { readonly used: number }
    readonly area: number
    readonly deLongVariance: number
    readonly clusteredVariance: number
    readonly logit: Ends
    readonly wilson: Ends
  }[]
}

/** The generator of the script: MINSTD, exact in float64. */
function minstd(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16807) % 2147483647
    return state / 2147483647
  }
}

/** The study of the script, and its resamples of whole patients. */
function study(number: number): { judged: Judged; candidate: Candidate; scores: number[]; resamples: Int32Array[] } {
  const uniform = minstd(1000 + number)
  const groups: string[] = []
  const yTrue: number[] = []
  const yPred: number[] = []
  const scores: number[] = []
  for (let patient = 0; patient < 20 + 2 * number; patient++) {
    const label = uniform() < 0.4 ? 1 : 0
    const shift = uniform()
    for (let image = Math.floor(uniform() * 3); image >= 0; image--) {
      const exact = 0.35 * label + 0.4 * shift + 0.5 * uniform()
      const score = number % 2 === 1 ? roundHalfEven(exact * 20) / 20 : exact
      groups.push(String(patient))
      yTrue.push(label)
      yPred.push(score > 0.6 ? 1 : 0)
      scores.push(score)
    }
  }
  const members = groupMembers(groups)
  const resamples = Array.from({ length: reference.resamples }, () =>
    Int32Array.from(members.flatMap(() => members[Math.floor(uniform() * members.length)]!)),
  )
  return {
    judged: { yTrue: Int32Array.from(yTrue), groups, classNames: ['no', 'yes'] },
    candidate: {
      name: 'made',
      yPred: Int32Array.from(yPred),
      scores: Float64Array.from(scores.flatMap((score) => [-score, score])),
      scoreKind: 'margin',
    },
    scores,
    resamples,
  }
}

/** As Python rounds. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

describe('twenty made studies', () => {
  test.each(reference.studies)('study $number: BCa by patient of accuracy and AUROC is that of scipy', (expected) => {
    const { judged, candidate, resamples } = study(expected.number)
    const { estimate, replicates, jackknife } = measureAll(
      openMeasure(judged, candidate, { isProbability: false }),
      judged.groups,
      countsOf(resamples, judged.yTrue.length),
    )
    for (const [name, column] of [
      ['accuracy', setColumn('accuracy')],
      ['auroc', classColumn('auroc', 1)],
    ] as const) {
      const made = bcaInterval({
        estimate: estimate[column]!,
        replicates: replicates.map((row) => row[column]!),
        jackknife: jackknife.map((row) => row[column]!),
      })
      expect(made?.method, name).toBe('bca')
      expect(made?.usedResamples, name).toBe(expected[name].used)
      expect(made?.low, name).toBeCloseTo(expected[name].low, 9)
      expect(made?.high, name).toBeCloseTo(expected[name].high, 9)
    }
  })

  test.each(reference.studies)(
    "study $number: AUROC, DeLong's variance, its logit interval and its form for patients",
    (expected) => {
      const { judged, scores } = study(expected.number)
      const isPositive = judged.yTrue
      const own = aurocInterval({ isPositive, scores })
      expect(own?.area).toBeCloseTo(expected.area, 12)
      expect(own?.variance).toBeCloseTo(expected.deLongVariance, 12)
      expect(own?.interval?.low).toBeCloseTo(expected.logit.low, 9)
      expect(own?.interval?.high).toBeCloseTo(expected.logit.high, 9)
      const clustered = deLong({ isPositive, first: scores, second: scores, groups: judged.groups })
      expect(clustered?.varianceFirst).toBeCloseTo(expected.clusteredVariance, 12)
    },
  )

  test.each(reference.studies)('study $number: Wilson is that of statsmodels', (expected) => {
    const { judged, candidate } = study(expected.number)
    const successes = judged.yTrue.filter((label, row) => candidate.yPred[row] === label).length
    const own = wilsonInterval({ successes, trials: judged.yTrue.length })
    expect(own?.low).toBeCloseTo(expected.wilson.low, 12)
    expect(own?.high).toBeCloseTo(expected.wilson.high, 12)
  })
})

describe("DeLong's test by patient", () => {
  test('is the plain one when every row is a patient', () => {
    const { judged, scores } = study(3)
    const second = scores.map((score, row) => score + (row % 3) / 10)
    const plain = deLong({ isPositive: judged.yTrue, first: scores, second })!
    const rows = deLong({
      isPositive: judged.yTrue,
      first: scores,
      second,
      groups: scores.map((_, row) => String(row)),
    })!
    expect(rows.varianceFirst).toBeCloseTo(plain.varianceFirst, 14)
    expect(rows.covariance).toBeCloseTo(plain.covariance, 14)
    expect(rows.p).toBeCloseTo(plain.p!, 12)
  })

  test('sees that ten copies of a study are no ten studies', () => {
    const { judged, scores } = study(4)
    const ten = <T>(values: ArrayLike<T>): T[] => Array.from({ length: 10 }, () => Array.from(values)).flat()
    const once = deLong({ isPositive: judged.yTrue, first: scores, second: scores, groups: judged.groups })!
    const copied = deLong({
      isPositive: ten(judged.yTrue),
      first: ten(scores),
      second: ten(scores),
      groups: ten(judged.groups),
    })!
    expect(copied.varianceFirst).toBeCloseTo(once.varianceFirst, 12)
    const naive = deLong({ isPositive: ten(judged.yTrue), first: ten(scores), second: ten(scores) })!
    expect(naive.varianceFirst).toBeLessThan(once.varianceFirst / 5)
  })
})

describe('BCa', () => {
  test('says nothing of what never varies, and falls back by name where all resamples lie on one side', () => {
    expect(bcaInterval({ estimate: 1, replicates: [1, 1, 1], jackknife: [1, 1] })).toBeNull()
    expect(bcaInterval({ estimate: NaN, replicates: [1, 2, 3], jackknife: [1, 2] })).toBeNull()
    expect(bcaInterval({ estimate: 9, replicates: [1, 2, 3, NaN], jackknife: [1, 2] })).toMatchObject({
      method: 'percentile',
      usedResamples: 3,
    })
  })

  test('is the percentile interval without bias and acceleration', () => {
    const replicates = Array.from({ length: 101 }, (_, i) => i)
    const made = bcaInterval({ estimate: 50, replicates, jackknife: [49, 50, 51] })!
    expect(made.low).toBeCloseTo(2.5, 9)
    expect(made.high).toBeCloseTo(97.5, 9)
  })
})
