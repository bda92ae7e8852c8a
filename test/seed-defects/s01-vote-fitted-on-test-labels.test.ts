import { createRng } from '@etsef/plugin-api'
import { hardVote, matrix, type Ballot, type Labels, type Matrix } from '@etsef/plugin-ensemble'
import { describe, expect, test } from 'vitest'
import { accuracy, chanceBand } from '../support/chance.js'
import { ballotOf, fiveClassifiers } from '../support/five-classifiers.js'

const numTrain = 240
const numTest = 200
const numFeatures = 12

/** Features that know nothing of the labels. */
function noise(numSamples: number, numClasses: number, seed: string): { x: Matrix; y: Labels } {
  const rng = createRng(seed)
  const x = matrix(
    numSamples,
    numFeatures,
    Float64Array.from({ length: numSamples * numFeatures }, () => rng.normal()),
  )
  return { x, y: { labels: Int32Array.from({ length: numSamples }, (_, i) => i % numClasses), numClasses } }
}

/** Five members, each fitted on noise of its own, and what they say of the test rows. */
function fittedMembers(numClasses: number, seed: number): { ballots: Ballot[]; yTest: Labels } {
  const members = Object.entries(fiveClassifiers).map(([name, fit]) => {
    const train = noise(numTrain, numClasses, `train ${name} ${String(seed)}`)
    const held = noise(numTest, numClasses, `test ${name} ${String(seed)}`)
    return { ballot: ballotOf(fit(train.x, train.y)(held.x)), y: held.y }
  })
  return { ballots: members.map(({ ballot }) => ballot), yTest: members[0]!.y }
}

/**
 * The last cell of the three ensemble notebooks: the members' test predictions become a table of n_test × 5,
 * `VotingClassifier.fit(table, testLabels)` clones the five and fits them on it, and predicts the same rows.
 */
function notebookVote(ballots: readonly Ballot[], yTest: Labels): Int32Array {
  const table = matrix(numTest, ballots.length)
  ballots.forEach(({ predicted }, m) => predicted.forEach((label, i) => (table.data[i * ballots.length + m] = label)))
  const clones = Object.values(fiveClassifiers).map((fit) => ballotOf(fit(table, yTest)(table)))
  return hardVote(clones, { unresolved: 'lowest' }).predicted
}

describe.for([
  { numClasses: 3, notebook: 0.6 },
  { numClasses: 8, notebook: 0.9 },
])('S1: members that know nothing, $numClasses classes', ({ numClasses, notebook }) => {
  const seeds = [1, 2, 3]
  const runs = seeds.map((seed) => fittedMembers(numClasses, seed))

  test(`the notebooks' vote, fitted on the test labels, scores above ${String(notebook)}`, () => {
    for (const { ballots, yTest } of runs)
      expect(accuracy(yTest.labels, notebookVote(ballots, yTest))).toBeGreaterThan(notebook)
  })

  test('each member and our vote of the fitted members stay within chance', () => {
    const { low, high } = chanceBand(numClasses, numTest * seeds.length)
    const mean = (predictions: (run: (typeof runs)[number]) => Int32Array): number =>
      runs.reduce((sum, run) => sum + accuracy(run.yTest.labels, predictions(run)) / runs.length, 0)
    const members = Object.keys(fiveClassifiers).map((_, m) => mean(({ ballots }) => ballots[m]!.predicted))
    for (const share of [mean(({ ballots }) => hardVote(ballots).predicted), ...members]) {
      expect(share).toBeGreaterThan(low)
      expect(share).toBeLessThan(high)
    }
  })
})

test('S1: members that know something are worth more in our vote than the best of them', () => {
  const [numClasses, right] = [8, 0.74]
  const y = Int32Array.from({ length: 800 }, (_, i) => i % numClasses)
  const ballots = [0, 1, 2, 3, 4].map((member): Ballot => {
    const rng = createRng('independent errors', member)
    const probabilities = matrix(y.length, numClasses)
    const predicted = y.map((label, i) => {
      const choice = rng.next() < right ? label : rng.integer(numClasses)
      for (let c = 0; c < numClasses; c++)
        probabilities.data[i * numClasses + c] = c === choice ? 0.65 + 0.1 * rng.next() : 0.04
      return choice
    })
    return { probabilities, predicted }
  })
  const best = Math.max(...ballots.map(({ predicted }) => accuracy(y, predicted)))
  expect(accuracy(y, hardVote(ballots).predicted)).toBeGreaterThan(best + 0.1)
})
