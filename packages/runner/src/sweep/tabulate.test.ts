import { expect, test } from 'vitest'
import { correctedInterval } from './corrected-interval.js'
import type { TrialResult } from './journal.js'
import { csvTable, latexTable, markdownTable, readableTable } from './print-table.js'
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
  expect(csvTable(table).split('\n')[2]).toMatch(/^"without a,b",scores\.n_rows,3,20,0,20,20,,,$/)
  expect(latexTable(readableTable(table))).toContain('scores.n\\_rows & 3 & 20.000')
  expect(markdownTable({ columns: ['a|b'], rows: [['c']] })).toBe('| a\\|b |\n|---|\n| c |')
})
