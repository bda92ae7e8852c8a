import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComparedRuns, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import { afterEach, expect, test } from 'vitest'
import { someFacts } from '../html/testing/some-facts.js'
import plugin from '../plugin.js'
import type { PairedInput } from './paired-runs.js'

const operation = (type: string) => plugin.operations.find((each) => each.type === type)!
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})

async function evaluated(predictions: PredictionBatch): Promise<ReportValue> {
  const result = await runOperation(operation('report/evaluate'), {
    options: { resamples: 100 },
    inputs: { predictions: [{ name: 'vote', value: predictions }] },
  })
  cleanups.push(result.dispose)
  return result.outputs['report'] as ReportValue
}

async function compared(
  first: PredictionBatch,
  other: PredictionBatch,
  differences: ComparedRuns['differences'] = [],
): Promise<{ report: ReportValue; pairs: readonly PairedInput[]; html: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-compare-'))
  cleanups.push(() => {
    rmSync(dir, { recursive: true })
  })
  const record = join(dir, 'compared.json')
  const { facts } = someFacts()
  const told: ComparedRuns = { format: 1, runs: ['1-1', '2-2'].map((run) => ({ ...facts, run })), differences }
  writeFileSync(record, JSON.stringify(told))
  const result = await runOperation(operation('report/compare'), {
    options: { record, resamples: 200 },
    inputs: {
      reports: [
        { name: '1-1/scores', value: await evaluated(first) },
        { name: '2-2/scores', value: await evaluated(other) },
      ],
    },
  })
  cleanups.push(result.dispose)
  const report = result.outputs['report'] as ReportValue
  const { pairs } = JSON.parse(readFileSync(join(report.dir, 'comparison.json'), 'utf8')) as { pairs: PairedInput[] }
  return { report, pairs, html: readFileSync(join(report.dir, 'index.html'), 'utf8') }
}

const predictions = (accuracy: number, seed: number, numSamples = 300) =>
  somePredictions({ numSamples, accuracy, seed })

test('holds the other run against the first on the same rows: better is positive', async () => {
  const { report, pairs, html } = await compared(predictions(0.6, 1), predictions(0.95, 2))
  const [pair] = pairs
  expect(pair).toMatchObject({ node: 'scores', input: 'vote', first: '1-1', other: '2-2', isPaired: true })
  expect(pair!.difference).toBeCloseTo(pair!.otherValue! - pair!.firstValue!, 12)
  expect(pair!.difference).toBeGreaterThan(0)
  expect(pair!.differenceInterval!.low).toBeGreaterThan(0)
  expect(pair!.onlyOther! - pair!.onlyFirst!).toBeGreaterThan(0)
  expect(report.metrics).toEqual({ 'scores.vote.2-2': pair!.difference })
  expect(report.table!.rows).toHaveLength(1)
  expect(html).toContain('Risk–coverage')
})

test('the same run twice differs in nothing', async () => {
  const { pairs } = await compared(predictions(0.7, 1), predictions(0.7, 1))
  expect(pairs[0]).toMatchObject({ difference: 0, onlyFirst: 0, onlyOther: 0, midP: 1 })
})

test('runs that judged other rows are not held against each other', async () => {
  const { pairs, html } = await compared(predictions(0.7, 1), predictions(0.9, 1, 200))
  expect(pairs[0]).toMatchObject({ isPaired: false, difference: null, midP: null })
  expect(pairs[0]!.firstValue).toBeTypeOf('number')
  expect(html).toContain('data-from="comparison#/pairs/0/difference" data-form="signed" title="not estimable">–')
})

test('what somebody wrote in a pipeline stays text', async () => {
  const nasty = '</td><script>alert(1)</script>'
  const { html } = await compared(predictions(0.7, 1), predictions(0.9, 2), [
    { kind: 'pipeline', what: nasty, values: [nasty, null] },
  ])
  expect(html.match(/<script/g)).toHaveLength(1)
  expect(html).toContain('&lt;/td&gt;&lt;script&gt;')
})
