import { createRng } from '@etsef/plugin-api'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import type { Labels } from '@etsef/plugin-api/models'
import { argmaxRows, fromRows, matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { parityFixture, parityNames, readFixture } from '../../testing/parity-fixture.js'
import { sortColumns } from '../../numeric/trees/sorted-columns.js'
import { treesBuilder, type Trees } from '../../numeric/trees/trees.js'
import { binColumns } from './bins.js'
import type { CutFinder } from './cut-finder.js'
import { growerOn } from './grow-tree.js'
import { histogramFinder, planSlots } from './histograms.js'
import { kernelHistograms } from './kernel-histograms.js'
import { plainHistograms } from './plain-histograms.js'
import { fitXgboost, xgboostProbabilities } from './xgboost-model.js'

interface PeerHist {
  readonly predicted: string
  readonly probabilities: readonly number[]
  readonly splits: readonly { readonly feature: number; readonly threshold: number; readonly gain: number }[]
}

// Reference values: xgboost 1.7.4, tree_method hist; test-fixtures/make_hist_and_weights.py.
const peers = (readFixture('xgboost-hist') as { sets: Record<string, Record<number, PeerHist>> }).sets

/** Splits of the first tree, parents first. */
function firstSplits({ features, thresholds, gains, lefts, rights }: Trees): PeerHist['splits'] {
  const walk = (node: number): PeerHist['splits'] =>
    features[node]! < 0
      ? []
      : [
          { feature: features[node]!, threshold: thresholds[node]!, gain: gains[node]! },
          ...walk(lefts[node]!),
          ...walk(rights[node]!),
        ]
  return walk(0)
}

describe.each(parityNames.flatMap((name) => [256, 32].map((maxBin) => ({ name, maxBin }))))(
  'on $name in $maxBin bins, hist',
  ({ name, maxBin }) => {
    const { x, y, testX } = parityFixture(name)
    const peer = peers[name]![maxBin]!
    const model = fitXgboost(x, y, { learningRate: 0.9, maxDepth: 10, method: 'hist', maxBin })

    test('grows the tree of the library', () => {
      const splits = firstSplits(model.trees)
      expect(splits.map(({ feature }) => feature)).toEqual(peer.splits.map(({ feature }) => feature))
      const part = (key: 'threshold' | 'gain', from: PeerHist['splits']): number[] => from.map((split) => split[key])
      // Its dumps have nine digits.
      expectArrayClose(part('threshold', splits), part('threshold', peer.splits), { rtol: 1e-7 })
      // The library's `hist` rounds leaf weights to float32 on the way to the gain; `exact` and this code do not.
      expectArrayClose(part('gain', splits), part('gain', peer.splits), { rtol: 1e-4 })
    })

    test('gives the probabilities of the library, bit for bit in float32', () => {
      const p = xgboostProbabilities(model, testX)
      expect(Array.from(argmaxRows(p)).join('')).toBe(peer.predicted)
      const ours =
        y.numClasses === 2
          ? Array.from({ length: 20 }, (_, i) => p.data[2 * i + 1]!)
          : Array.from(p.data.subarray(0, peer.probabilities.length))
      expect(ours.map(Math.fround)).toEqual(peer.probabilities.map(Math.fround))
    })
  },
)

test('cuts where exact does when no column has more values than bins: same columns, gains and rows', () => {
  const { x, y } = parityFixture('digits')
  const options = { learningRate: 0.9, maxDepth: 10, rounds: 1 }
  const exact = fitXgboost(x, y, options)
  const hist = fitXgboost(x, y, { ...options, method: 'hist' })
  expect(hist.trees.gains[0]).toBe(exact.trees.gains[0])
  expect(hist.trees.features[0]).toBe(exact.trees.features[0])
  // Equal gains are cut at other ends, so trees may differ below; what they say of the rows they grew on may not.
  expectArrayClose(xgboostProbabilities(hist, x).data, xgboostProbabilities(exact, x).data, { atol: 0.02 })
  const same = argmaxRows(xgboostProbabilities(hist, x)).filter(
    (label, i) => label === argmaxRows(xgboostProbabilities(exact, x))[i],
  )
  expect(same.length).toBeGreaterThan(0.99 * x.numSamples)
})

function random(n: number, d: number, seed: string): { x: Matrix; y: Labels } {
  const rng = createRng('hist', seed)
  const x = matrix(n, d)
  // The first column has few values, the second one heavy value.
  for (let i = 0; i < n * d; i++) {
    x.data[i] = i % d === 0 ? rng.integer(5) : i % d === 1 && rng.uniform(0, 1) < 0.6 ? 0 : Math.fround(rng.normal())
  }
  const labels = Int32Array.from({ length: n }, (_, i) => (x.data[i * d + d - 1]! + rng.normal() > 0 ? 1 : 0))
  return { x, y: { labels, numClasses: 2 } }
}

describe('the kernels', () => {
  const cutOptions = { lambda: 1, minChildWeight: 1, leastGain: Math.fround(1e-6) }

  function growOn(finder: CutFinder): unknown {
    const rng = createRng('gradients')
    const builder = treesBuilder()
    const leaves: unknown[] = []
    const grower = growerOn(finder, { learningRate: 0.9, maxDepth: 6, lambda: 1, gamma: 0, minChildWeight: 1 })
    for (let round = 0; round < 2; round++) {
      const pairs = Float32Array.from({ length: 2 * finder.rows.length }, (_, at) =>
        at % 2 === 1 ? rng.uniform(0.01, 0.5) : rng.normal(),
      )
      grower.grow(pairs, builder, (node, value, rows) => leaves.push([node, value, Array.from(rows)]))
    }
    return { trees: builder.finish(), leaves }
  }

  test.each([
    [500, 4, 16],
    [500, 4, 256],
    [2000, 3, 300],
  ])('grow the trees of the plain loops, bit for bit: %i × %i in %i bins', (n, d, maxBin) => {
    const columns = binColumns(sortColumns(random(n, d, 'table').x), maxBin, new Float32Array(n).fill(1))
    const plan = planSlots(columns, cutOptions, 6)
    expect(plan.numSlots).toBeGreaterThan(0)
    const fast = growOn(histogramFinder(kernelHistograms(columns, cutOptions, plan.numSlots)!, plan))
    const plain = growOn(histogramFinder(plainHistograms(columns, cutOptions, plan.numSlots), plan))
    expect(fast).toEqual(plain)
    // Subtraction changes nothing but rounding: the same trees without it.
    const noSlots = { numSlots: 0, fewRows: Number.POSITIVE_INFINITY }
    expect(growOn(histogramFinder(kernelHistograms(columns, cutOptions, 0)!, noSlots))).toEqual(fast)
  })
})

describe('bins', () => {
  const bin = (values: readonly number[], maxBin: number, weights?: readonly number[]): number[] => {
    const columns = sortColumns(fromRows(values.map((value) => [value])))
    return Array.from(binColumns(columns, maxBin, Float32Array.from(weights ?? values.map(() => 1))).bins)
  }

  test('are one for each value when there are few', () => {
    expect(bin([5, 1, 5, 3, -0, 0], 4)).toEqual([3, 1, 3, 2, 0, 0])
  })

  test('are at most as many as asked for, in the order of the values, equal values together', () => {
    const { x } = random(1000, 2, 'bins')
    const values = Array.from({ length: 1000 }, (_, i) => x.data[2 * i + 1]!)
    for (const maxBin of [2, 3, 10, 256]) {
      const bins = bin(values, maxBin)
      expect(Math.max(...bins)).toBeLessThan(maxBin)
      const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
      order.slice(1).forEach((row, r) => {
        const before = order[r]!
        if (values[row] === values[before]) expect(bins[row]).toBe(bins[before])
        else expect(bins[row]).toBeGreaterThanOrEqual(bins[before]!)
      })
    }
  })

  test('follow the weights of the rows', () => {
    const values = Array.from({ length: 100 }, (_, i) => i)
    const upTo = (bins: readonly number[]): number => bins.filter((b) => b === 0).length
    const heavyBelow = bin(values, 2, values.map((i) => (i < 50 ? 9 : 1))) // prettier-ignore
    expect(upTo(heavyBelow)).toBeLessThan(upTo(bin(values, 2)))
  })
})

describe('hist', () => {
  const fit = (x: Matrix, y: Labels, more = {}): Float64Array => {
    const model = fitXgboost(x, y, { rounds: 5, method: 'hist', ...more })
    return xgboostProbabilities(model, x).data
  }

  test('does not change under an increasing transform of the columns', () => {
    const { x, y } = random(600, 4, 'monotone')
    expect(fit(matrix(600, 4, x.data.map((value) => 2 * value)), y)).toEqual(fit(x, y)) // prettier-ignore
  })

  test('does not change when a column is there twice, or a constant one is added', () => {
    const { x, y } = random(400, 3, 'twice')
    const rows = (make: (row: Float64Array) => number[]): Matrix =>
      fromRows(Array.from({ length: 400 }, (_, i) => make(x.data.subarray(3 * i, 3 * i + 3))))
    const wanted = fit(x, y)
    expect(fit(rows((row) => [...row, row[2]!]), y)).toEqual(wanted) // prettier-ignore
    expect(fit(rows((row) => [7, ...row]), y)).toEqual(wanted) // prettier-ignore
  })

  test('makes a leaf of constant columns, and a stump of two rows', () => {
    const y = { labels: Int32Array.of(0, 1), numClasses: 2 }
    expect(Array.from(fit(matrix(2, 3), y))).toEqual([0.5, 0.5, 0.5, 0.5])
    const p = fit(fromRows([[1], [2]]), y, { minChildWeight: 0 })
    expect(p[0]).toBeGreaterThan(0.5)
    expect(p[3]).toBeGreaterThan(0.5)
  })

  test('stays sound without any penalty on light sides', () => {
    const { x, y } = random(700, 4, 'light')
    const p = fit(x, y, { lambda: 0, minChildWeight: 0, learningRate: 1, maxDepth: 20, rounds: 20, maxBin: 8 })
    expect(p.every((value) => value >= 0 && value <= 1)).toBe(true)
  })
})
