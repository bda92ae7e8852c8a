import { expect, test } from 'vitest'
import { correctedInterval } from './corrected-interval.js'
import type { TrialResult } from './journal.js'
import { csvTable, latexTable, markdownTable, readableTable } from './print-table.js'
import { withMeanOf } from './mean-figures.js'
import { correctedPairedTest } from './paired-tests.js'
import { tabulate } from './tabulate.js'

const scores: Readonly<Record<string, readonly number[]>> = { all: [0.9, 0.8, 0.7], 'without a,b': [0.8, 0.75, 0.6] }
/** The splits of the second row are listed backwards: pairs are found by repeat, not by position. */
const results = Object.entries(scores).flatMap(([ablate, values]) => {
  const own = values.map((value, index): TrialResult => ({
    trial: `${ablate}-${String(index)}`,
    factors: { ablate },
    repeat: { 'split.splitSeed': String(index + 1) },
    keys: {},
    metrics: { 'scores.vote.accuracy': value, 'scores.n_rows': 20 },
    numTrain: 80,
    numTest: 20,
  }))
  return ablate === 'all' ? own : own.reverse()
})

test('differences are paired by repeat, and their interval is that of the differences', () => {
  const { rows } = tabulate({ results, metrics: ['accuracy'], baseline: 'ablate=all' })
  expect(rows.map(({ isBaseline }) => isBaseline)).toEqual([true, false])
  const shared = { numTrain: 80, numTest: 20 }
  expect(rows[0]?.estimate.interval).toEqual(correctedInterval({ values: [0.9, 0.8, 0.7], ...shared }))
  const expected = correctedInterval({ values: [-0.1, -0.05, -0.1], ...shared })
  expect(rows[1]?.difference?.interval?.low).toBeCloseTo(expected.low, 12)
  expect(rows[1]?.difference?.interval?.high).toBeCloseTo(expected.high, 12)
})

test('without the rows of a split there is a spread and no interval', () => {
  const bare = results.map(({ trial, factors, repeat, keys, metrics }) => ({ trial, factors, repeat, keys, metrics }))
  const [row] = tabulate({ results: bare, metrics: ['accuracy'] }).rows
  expect(row?.estimate.interval).toBeUndefined()
  expect(row?.estimate.sd).toBeCloseTo(0.1, 12)
})

test('a baseline of several rows, and names that are not varied, are refused', () => {
  const asked = { results, metrics: ['accuracy'] }
  expect(() => tabulate({ ...asked, groupBy: ['split.splitSeed'], baseline: 'ablate=all' })).toThrow('is no row')
  expect(() => tabulate({ ...asked, groupBy: ['ablate', 'split.splitSeed'], baseline: 'ablate=all' })).toThrow(
    'more than one row',
  )
  expect(() => tabulate({ ...asked, groupBy: ['ablat'] })).toThrow('"ablat" is not varied')
})

test('cells are quoted for each format', () => {
  const table = tabulate({ results, metrics: ['n_rows'] })
  expect(csvTable(table).split('\n')[2]).toMatch(/^"without a,b",scores\.n_rows,3,20,0,20,20,,,,,,,$/)
  expect(latexTable(readableTable(table))).toContain('scores.n\\_rows & 3 & 20.000')
  expect(markdownTable({ columns: ['a|b'], rows: [['c']] })).toBe('| a\\|b |\n|---|\n| c |')
})

test('every row is tested against the baseline, and p values are adjusted over the rows of a figure', () => {
  const more = Array.from({ length: 3 }, (_, index): TrialResult => ({
    ...results[index]!,
    trial: `third-${String(index)}`,
    factors: { ablate: 'without c' },
    metrics: { 'scores.vote.accuracy': [0.88, 0.79, 0.71][index]! },
  }))
  const { rows } = tabulate({ results: [...results, ...more], metrics: ['accuracy'], baseline: 'ablate=all' })
  const shared = { numTrain: 80, numTest: 20 }
  const first = correctedPairedTest({ differences: [-0.1, -0.05, -0.1], ...shared })!.p
  const second = correctedPairedTest({ differences: [-0.02, -0.01, 0.01], ...shared })!.p
  expect(rows.map(({ p }) => p?.toFixed(9))).toEqual([undefined, first.toFixed(9), second.toFixed(9)])
  expect(rows.map(({ pHolm }) => pHolm?.toFixed(9))).toEqual([
    undefined,
    Math.min(1, 2 * first).toFixed(9),
    Math.max(second, Math.min(1, 2 * first)).toFixed(9),
  ])
  const { columns, rows: lines } = readableTable(tabulate({ results, metrics: ['accuracy'], baseline: 'ablate=all' }))
  expect(columns.slice(-4)).toEqual(['difference', 'above / equal / below', 'p', 'p (Holm)'])
  expect(lines[1]?.at(-3)).toBe('0 / 0 / 3')
  expect(lines[1]?.slice(-2)).toEqual([first.toFixed(3), first.toFixed(3)])
})

test('the Pareto front is what nothing beats in both score and time', () => {
  const timed = (ablate: string, score: number, minutes: number | undefined): TrialResult => ({
    trial: ablate,
    factors: { ablate },
    repeat: {},
    keys: {},
    metrics: { 'scores.accuracy': score },
    ...(minutes === undefined ? {} : { cpuSeconds: 60 * minutes }),
  })
  const all = [timed('a', 0.9, 10), timed('b', 0.8, 2), timed('c', 0.8, 3), timed('d', 0.95, undefined)]
  const front = (goal?: 'min'): readonly string[] =>
    tabulate({ results: all, metrics: ['accuracy'], goal })
      .rows.filter(({ isPareto }) => isPareto)
      .map(({ group }) => group['ablate']!)
  expect(front()).toEqual(['a', 'b'])
  expect(front('min')).toEqual(['b'])
  expect(readableTable(tabulate({ results: all, metrics: ['accuracy'] })).rows.map((row) => row.slice(-2))).toEqual([
    ['10.0', 'yes'],
    ['2.0', 'yes'],
    ['3.0', ''],
    ['–', ''],
  ])
})

test('a figure as the baseline is what other figures are compared with within each trial, as one family', () => {
  const scored = [0.9, 0.8, 0.7].map((value, index): TrialResult => ({
    trial: String(index),
    factors: {},
    repeat: { 'split.splitSeed': String(index) },
    keys: {},
    metrics: {
      'scores.vote.accuracy': value,
      'scores.svm.accuracy': value + 0.01 * (index - 1),
      'scores.nb.accuracy': 0.5 + 0.1 * index,
    },
    numTrain: 80,
    numTest: 20,
  }))
  const { rows } = tabulate({ results: scored, metrics: ['accuracy'], baseline: 'vote.accuracy' })
  expect(rows.map(({ metric, isBaseline, wins }) => [metric, isBaseline, wins])).toEqual([
    ['scores.vote.accuracy', true, undefined],
    ['scores.svm.accuracy', false, { above: 1, equal: 1, below: 1 }],
    ['scores.nb.accuracy', false, { above: 0, equal: 1, below: 2 }],
  ])
  expect(rows[1]?.difference?.mean).toBeCloseTo(0, 12)
  const [, svm, nb] = rows
  expect(nb?.pHolm).toBeCloseTo(Math.min(1, 2 * nb!.p!), 12)
  expect(svm?.pHolm).toBeCloseTo(Math.max(nb!.pHolm!, svm!.p!), 12)
  const [withMean] = scored.map((result) => withMeanOf(result, ['svm', 'nb'], ['accuracy']))
  expect(withMean?.metrics['mean of members.accuracy']).toBeCloseTo((0.89 + 0.5) / 2, 12)
  expect(() => withMeanOf(scored[0]!, ['svn'], ['accuracy'])).toThrow('No figure of a trial is "svn.accuracy"')
})
