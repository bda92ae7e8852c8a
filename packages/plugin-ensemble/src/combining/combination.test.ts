import { createRng } from '@etsef/plugin-api'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { hardVote, softVote } from './vote/vote-model.js'
import { abstainBelow, abstentionCurve, margins, thresholdForAccuracy } from './abstain/abstain-model.js'
import { diversity, pairDiversity } from './diversity/diversity-model.js'
import { greedySelection } from './greedy-selection/greedy-selection-model.js'
import { knoraWeights } from './dynamic-selection/knora.js'
import { balancedError, balancedErrorOf, logLoss, loss } from './members/losses.js'
import { correctness, memberOf, type Member } from './members/member.js'
import { oracleBound } from './oracle/oracle-model.js'
import { validationWeights } from './weighted-vote/validation-weights.js'

/** Two-class probabilities from those of class 0. */
function binary(name: string, ...first: number[]): Member {
  return memberOf(
    name,
    matrix(
      first.length,
      2,
      first.flatMap((p) => [p, 1 - p]),
    ),
  )
}

/** A member that votes without shades. */
function voter(name: string, numClasses: number, ...choices: number[]): Member {
  const scores = matrix(choices.length, numClasses)
  choices.forEach((choice, i) => (scores.data[i * numClasses + choice] = 1))
  return memberOf(name, scores)
}

function bits(text: string): number[] {
  return text.split('').map(Number)
}

/** Random probabilities, rows summing to 1. */
const someMembers = fc
  .record({
    seed: fc.integer(),
    numMembers: fc.integer({ min: 1, max: 5 }),
    numSamples: fc.integer({ min: 1, max: 25 }),
    numClasses: fc.integer({ min: 2, max: 4 }),
  })
  .map(({ seed, numMembers, numSamples, numClasses }) => {
    const rng = createRng(seed)
    const members = Array.from({ length: numMembers }, (_, m) => {
      const scores = matrix(
        numSamples,
        numClasses,
        Float64Array.from({ length: numSamples * numClasses }, () => rng.next() ** 3 + 1e-3),
      )
      for (let i = 0; i < numSamples; i++) {
        const row = scores.data.subarray(i * numClasses, (i + 1) * numClasses)
        const sum = row.reduce((total, value) => total + value, 0)
        for (let k = 0; k < numClasses; k++) row[k]! /= sum
      }
      return memberOf(`m${String(m)}`, scores)
    })
    return {
      members,
      labels: Int32Array.from({ length: numSamples }, () => rng.integer(numClasses)),
      numClasses,
      numSamples,
      rng,
    }
  })

/** Weighted mean of the members' probabilities. */
function average(members: readonly Member[], weights: ArrayLike<number>): Matrix {
  return softVote(members, { weights: Array.from(weights), unresolved: 'lowest' }).scores
}

describe('greedySelection', () => {
  const members = [
    binary('p1', 0.9, 0.6, 0.3, 0.4),
    binary('p2', 0.6, 0.8, 0.45, 0.1),
    binary('p3', 0.4, 0.5, 0.2, 0.7),
  ]
  const labels = Int32Array.of(0, 0, 1, 1)

  test('follows AutoGluon f34ebb4 round by round and cuts at the best one', () => {
    const selection = greedySelection(members, labels, { rounds: 6 }, createRng(0))
    expect(selection.order).toEqual([1, 0, 1, 0, 1, 1])
    expectArrayClose(
      selection.losses,
      [0.3592916729, 0.3505106795, 0.3501997618, 0.3505106795, 0.3499414538, 0.3501997618],
      { atol: 5e-11, rtol: 0 },
    )
    expect(selection.numRounds).toBe(5)
    expectArrayClose(selection.weights, [0.4, 0.6, 0])
  })
  // Rounds and cut of AutoGluon's loop (f34ebb4) around scikit-learn 1.9.1 log_loss, on the members drawn below.
  test.each([
    { seed: 1, order: '0130120102103010102103100', numRounds: 24 },
    { seed: 2, order: '3132313313231331332133133', numRounds: 24 },
    { seed: 3, order: '0301300302030130030031030', numRounds: 19 },
  ])('takes the members AutoGluon takes in all 25 rounds (draw $seed)', ({ seed, order, numRounds }) => {
    const rng = createRng(seed, 'greedy')
    const truth = Int32Array.from({ length: 40 }, () => rng.integer(3))
    const drawn = Array.from({ length: 5 }, (_, m) => {
      const rows = Array.from(truth, (label) => {
        const weights = [0, 1, 2].map((k) => Math.exp(1.5 * rng.normal() + (k === label ? 1 : 0)))
        const sum = weights.reduce((total, weight) => total + weight)
        return weights.map((weight) => weight / sum)
      })
      return memberOf(String(m), matrix(40, 3, rows.flat()))
    })
    const selection = greedySelection(drawn, truth, {}, createRng(0))
    expect(selection.order.join('')).toBe(order)
    expect(selection.numRounds).toBe(numRounds)
  })
  test('prefers a member already in to its exact double', () => {
    const doubled = [members[0]!, members[1]!, { ...members[1]!, name: 'copy' }, { ...members[0]!, name: 'copy' }]
    for (const seed of [1, 2, 3, 4]) {
      const { weights } = greedySelection(doubled, labels, { rounds: 20 }, createRng(seed))
      expect(weights.filter((weight) => weight > 0)).toHaveLength(2)
    }
  })
  test('breaks a tie in error by log loss', () => {
    const timid = binary('timid', 0.6, 0.6, 0.4, 0.4)
    const sure = binary('sure', 0.9, 0.9, 0.1, 0.1)
    for (const seed of [1, 2, 3, 4]) {
      const { order } = greedySelection([timid, sure], labels, { rounds: 1, loss: 'error' }, createRng(seed))
      expect(order).toEqual([1])
    }
  })
  test('refuses to select on no rows', () => {
    expect(() => greedySelection([binary('a')], new Int32Array(), {}, createRng(0))).toThrow(RangeError)
  })
  propertyTest.prop([someMembers])(
    'is never worse than the best member on its own rows, weights sum to 1',
    ({ members: some, labels: truth }) => {
      for (const name of ['logLoss', 'error', 'balancedError'] as const) {
        const { weights } = greedySelection(some, truth, { loss: name }, createRng(1))
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
        const best = Math.min(...some.map(({ probabilities }) => loss(name, probabilities, truth)))
        expect(loss(name, average(some, weights), truth)).toBeLessThanOrEqual(best + 1e-6)
      }
    },
  )
})

describe('validationWeights', () => {
  test('weighs by balanced accuracy above chance', () => {
    const labels = Int32Array.of(0, 0, 1, 1)
    const members = [voter('all', 2, 0, 0, 1, 1), voter('most', 2, 0, 0, 1, 0), voter('chance', 2, 0, 1, 0, 1)]
    expectArrayClose(validationWeights(members, labels, 'balancedAccuracy'), [2 / 3, 1 / 3, 0])
  })
  test('weighs by log-odds, with half a row on each side', () => {
    const labels = Int32Array.of(0, 0, 1, 1)
    const members = [voter('all', 2, 0, 0, 1, 1), voter('most', 2, 0, 0, 1, 0)]
    const [a, b] = [Math.log(4.5 / 0.5), Math.log(3.5 / 1.5)]
    expectArrayClose(validationWeights(members, labels, 'logOdds'), [a / (a + b), b / (a + b)])
  })
  test('gives equal weights to members that know nothing', () => {
    const members = [voter('a', 2, 0, 0), voter('b', 2, 1, 1)]
    for (const rule of ['balancedAccuracy', 'logOdds'] as const) {
      expectArrayClose(validationWeights(members, Int32Array.of(0, 1), rule), [0.5, 0.5])
    }
  })
  propertyTest.prop([someMembers])(
    'mixture shares have no more log loss than equal ones or any single member',
    ({ members, labels }) => {
      const weights = validationWeights(members, labels, 'mixture')
      const least = logLoss(average(members, weights), labels)
      expect(least).toBeLessThanOrEqual(
        logLoss(
          average(
            members,
            members.map(() => 1),
          ),
          labels,
        ) + 1e-9,
      )
      for (const { probabilities } of members) expect(least).toBeLessThanOrEqual(logLoss(probabilities, labels) + 1e-4)
    },
  )
})

describe('knoraWeights', () => {
  const correct = Uint8Array.from([1, 1, 0, 1, 0, 1, 1, 1, 1])
  test('matches DESlib 73cb18b on the worked case', () => {
    expect([...knoraWeights(correct, 3, [0, 1, 2], 'eliminate')]).toEqual([1, 0, 0])
    expect([...knoraWeights(correct, 3, [0, 1, 2], 'union')]).toEqual([3, 2, 2])
  })
  test('lowers k until some member is right on all neighbours left', () => {
    expect([...knoraWeights(Uint8Array.from([1, 1, 0, 0, 1, 0]), 2, [0, 1, 2], 'eliminate')]).toEqual([1, 1])
  })
  test('keeps everybody where nobody is right', () => {
    for (const rule of ['eliminate', 'union'] as const) {
      expect([...knoraWeights(new Uint8Array(4), 2, [0, 1], rule)]).toEqual([1, 1])
    }
  })
})

describe('oracleBound', () => {
  test('counts rows on which any member is right, and errors all share', () => {
    const members = [voter('a', 3, 0, 0, 2, 1), voter('b', 3, 1, 0, 2, 1)]
    const bound = oracleBound(members, Int32Array.of(0, 1, 2, 0))
    expect(bound).toEqual({ accuracy: 0.5, balancedAccuracy: 0.5, bestMemberAccuracy: 0.5, unanimousErrors: 0.5 })
  })
  propertyTest.prop([someMembers])('is at least every vote, selection and member', ({ members, labels, rng }) => {
    const { accuracy } = oracleBound(members, labels)
    const ranks = members.map((_, m) => m + 1)
    const weights = members.map(() => rng.next() + 0.01)
    const right = (predicted: Int32Array): number => predicted.filter((k, i) => k === labels[i]).length / labels.length
    expect(accuracy).toBeGreaterThanOrEqual(right(hardVote(members, { weights, ranks }).predicted))
    for (const { predicted } of members) expect(accuracy).toBeGreaterThanOrEqual(right(predicted))
  })
})

describe('diversity', () => {
  const a = bits('11100101')
  const b = bits('10101101')
  test('gives Q 7/9 and disagreement 1/4 on the worked pair', () => {
    const { q, disagreement, doubleFault } = pairDiversity(a, b)
    expectArrayClose([q, disagreement, doubleFault], [0.7777777777777778, 0.25, 0.25])
  })
  test('gives kappa and correlation of the worked pair', () => {
    // both 4, one each 1 and 1, neither 2: expected agreement (5·5 + 3·3)/64; correlation (4·2 − 1·1)/√(5·3·5·3).
    const { kappa, correlation } = pairDiversity(a, b)
    expectArrayClose([kappa, correlation], [(0.75 - 34 / 64) / (1 - 34 / 64), 7 / 15])
  })
  test('leaves undefined what is undefined: a member that is always right', () => {
    const { q, correlation, disagreement } = pairDiversity([1, 1, 1], [1, 0, 1])
    expect([q, correlation, disagreement]).toEqual([NaN, NaN, 1 / 3])
    expect(diversity(new Uint8Array(6).fill(1), 2).effectiveMembers).toBeNaN()
  })
  test('counts copies as one member, independent ones as many', () => {
    const copies = Uint8Array.from(a.flatMap((bit) => [bit, bit, bit]))
    expect(diversity(copies, 3).effectiveMembers).toBeCloseTo(1, 12)
    const independent = Uint8Array.from([1, 1, 1, 0, 0, 1, 0, 0])
    expect(diversity(independent, 2).effectiveMembers).toBeCloseTo(2, 12)
    expect(diversity(Uint8Array.from([1, 0, 0, 1]), 2).effectiveMembers).toBe(Infinity)
  })
  propertyTest.prop([someMembers])('has at least one effective member, whatever their order', ({ members, labels }) => {
    const here = diversity(correctness(members, labels), members.length)
    const there = diversity(correctness(members.toReversed(), labels), members.length)
    if (Number.isNaN(here.effectiveMembers)) {
      expect(there.effectiveMembers).toBeNaN()
      return
    }
    expect(here.effectiveMembers).toBeGreaterThanOrEqual(1 - 1e-9)
    if (Number.isFinite(here.effectiveMembers)) expect(there.effectiveMembers / here.effectiveMembers).toBeCloseTo(1, 9)
    expect(here.pairs).toHaveLength((members.length * (members.length - 1)) / 2)
  })
})

describe('abstention', () => {
  const scores = matrix(4, 2, [0.9, 0.1, 0.55, 0.45, 0.3, 0.7, 0.52, 0.48])
  const predicted = Int32Array.of(0, 0, 1, 0)
  const labels = Int32Array.of(0, 1, 1, 1)
  test('refers rows whose two best scores are close', () => {
    expectArrayClose(margins(scores), [0.8, 0.1, 0.4, 0.04], { rtol: 1e-9 })
    expect([...abstainBelow(predicted, scores, 0.2)]).toEqual([0, -1, 1, -1])
  })
  test('finds the least threshold for a wanted accuracy', () => {
    const point = thresholdForAccuracy(predicted, scores, labels, 0.9)
    expect(point?.threshold).toBeCloseTo(0.4, 12)
    expect(point).toMatchObject({ coverage: 0.5, accuracy: 1 })
  })
  test('says so when no threshold is good enough', () => {
    expect(thresholdForAccuracy(Int32Array.of(1, 1, 0, 0), scores, labels, 0.99)).toBeUndefined()
  })
  propertyTest.prop([someMembers])(
    'keeps exactly the stated share at every point of the curve',
    ({ members, labels: truth }) => {
      const [{ probabilities: some, predicted: choices }] = members as [Member, ...Member[]]
      for (const { threshold, coverage, accuracy } of abstentionCurve(choices, some, truth)) {
        const kept = abstainBelow(choices, some, threshold)
        const numKept = kept.filter((k) => k !== -1).length
        expect(numKept / truth.length).toBeCloseTo(coverage, 12)
        expect(kept.filter((k, i) => k === truth[i]).length / numKept).toBeCloseTo(accuracy, 12)
      }
    },
  )
})

describe('losses', () => {
  test('give the values of conformance B.4 for its probability table', () => {
    const p = [
      0.72, 0.18, 0.1, 0.61, 0.29, 0.1, 0.28, 0.43, 0.29, 0.19, 0.28, 0.53, 0.17, 0.74, 0.09, 0.07, 0.83, 0.1, 0.52,
      0.39, 0.09, 0.08, 0.17, 0.75, 0.18, 0.19, 0.63, 0.31, 0.42, 0.27,
    ]
    const scores = matrix(10, 3, p)
    const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 2)
    expectArrayClose([logLoss(scores, labels)], [0.7244591334], { rtol: 1e-9 })
    expectArrayClose([1 - balancedError(scores, labels)], [0.6111111111], { rtol: 1e-9 })
    expect(balancedErrorOf(memberOf('a', scores).predicted, labels, 3)).toBeCloseTo(1 - 0.6111111111, 9)
  })
  test('share a tie at the top among its classes', () => {
    expect(loss('error', matrix(1, 2, [0.5, 0.5]), Int32Array.of(1))).toBe(0.5)
  })
})
