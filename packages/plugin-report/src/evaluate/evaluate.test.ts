import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRng } from '@etsef/plugin-api'
import type { PredictionBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { clusterResamples } from '../intervals/bootstrap.js'
import plugin from '../plugin.js'
import { evaluate } from './evaluation.js'

const operation = plugin.operations.find(({ type }) => type === 'report/evaluate')!

/** Test rows with the given truth and predictions; ids r0, r1 …; scores .6 for the predicted class. */
function predictions(
  yTrue: readonly number[],
  yPred: readonly number[],
  more: Partial<PredictionBatch> = {},
): PredictionBatch {
  const numClasses = 3
  const ids = yTrue.map((_, i) => `r${i}`)
  return {
    kind: 'predictions',
    ids,
    sourceIds: ids,
    labels: Int32Array.from(yTrue),
    groups: ids,
    partitions: ids.map(() => 'test' as const),
    classNames: ['a', 'b', 'c'],
    scores: Float64Array.from(
      yPred.flatMap((p) => Array.from({ length: numClasses }, (_, c) => (c === p ? 0.6 : p < 0 ? 1 / 3 : 0.2))),
    ),
    scoreKind: 'probability',
    predicted: Int32Array.from(yPred),
    ...more,
  }
}

const truth = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
const good = predictions(truth, [0, 0, 0, 0, 1, 1, 1, 2, 2, 1])
const poor = predictions(truth, [0, 0, 1, 2, 1, 1, 0, 2, 2, 1])

async function run(inputs: Readonly<Record<string, PredictionBatch>>, options: Record<string, unknown> = {}) {
  const entries = Object.entries(inputs).map(([name, value]) => ({ name, value }))
  const result = await runOperation(operation, {
    options: { resamples: 200, ...options },
    inputs: { predictions: entries },
  })
  const report = result.outputs['report'] as ReportValue
  const read = (file: string) => readFileSync(join(report.dir, file), 'utf8')
  const files = {
    json: read('metrics.json'),
    md: read('table.md'),
    csv: read('table.csv'),
    rows: read('predictions.csv'),
  }
  result.dispose()
  return { ...files, metrics: report.metrics, table: report.table!, logs: result.logs }
}

test('tells how answers stand against a guesser, where that is asked for', async () => {
  const plain = await run({ good, poor })
  expect(plain.json).not.toContain('chance')
  expect(plain.md).not.toContain('chance')
  const { metrics, json, md } = await run({ good, poor }, { permutations: 1999 })
  // Nine of ten right cannot be guessed; six of ten of three classes can.
  expect(metrics).toMatchObject({ 'good.withinChance': 0, 'poor.withinChance': 1 })
  expect(metrics['good.chanceP']).toBeLessThan(0.01)
  expect(metrics['poor.chanceP']).toBeGreaterThan(0.05)
  const { inputs } = JSON.parse(json) as { inputs: { chanceP: number }[] }
  expect(inputs.map(({ chanceP }) => chanceP)).toEqual([metrics['good.chanceP'], metrics['poor.chanceP']])
  expect(md).toContain('## Against chance')
})

test('measures every input on each subgroup by itself, and refuses an attribute that rows do not have', async () => {
  const sex = truth.map((_, row) => (row % 2 === 0 ? 'f' : row === 9 ? '' : 'm'))
  const own = { ...poor, attributes: { sex } }
  const { json, md } = await run({ good, own: { ...good, attributes: { sex } }, poor: own }, { subgroups: [] })
  expect(JSON.parse(json)).toMatchObject({ subgroups: [] })
  expect(md).not.toContain('Subgroups')
  const told = await run({ own }, { subgroups: ['sex'] })
  const { subgroups } = JSON.parse(told.json) as {
    subgroups: {
      value: string
      numSamples: number
      inputs: { metrics: Record<string, number>; intervals: unknown }[]
    }[]
  }
  expect(subgroups.map(({ value, numSamples }) => [value, numSamples])).toEqual([
    ['', 1],
    ['f', 5],
    ['m', 4],
  ])
  const isRight = poor.predicted.map((each, row) => Number(each === truth[row]))
  for (const { value, numSamples, inputs } of subgroups) {
    const right = isRight.filter((_, row) => sex[row] === value).reduce((sum, each) => sum + each, 0)
    expect(inputs[0]!.metrics['accuracy']).toBeCloseTo(right / numSamples, 12)
  }
  expect(subgroups[1]!.inputs[0]!.intervals).toMatchObject({ accuracy: { low: expect.any(Number) as number } })
  expect(told.md).toContain('| sex | not known | own | 1 | 1 |')
  await expect(run({ own }, { subgroups: ['site'] })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', expected: 'sex' })
  await expect(run({ good }, { subgroups: ['sex'] })).rejects.toThrow(/no attribute "sex"/)
})

describe('report/evaluate', () => {
  test('gives the metrics of the ten-row example by input name', async () => {
    const { metrics, table, json } = await run({ svm: poor, vote: good })
    expect(metrics['svm.accuracy']).toBeCloseTo(0.6, 12)
    expect(metrics['svm.macroF1']).toBeCloseTo(0.6031746032, 9)
    expect(metrics['svm.balancedAccuracy']).toBeCloseTo(0.6111111111, 9)
    expect(metrics['svm.mcc']).toBeCloseTo(0.4090909091, 9)
    expect(table.rows.map(([name]) => name)).toEqual(['svm', 'vote'])
    const parsed = JSON.parse(json) as { inputs: { name: string; confusionMatrix: number[][] }[] }
    expect(parsed.inputs[0]!.confusionMatrix).toEqual([
      [2, 1, 1],
      [1, 2, 0],
      [0, 1, 2],
    ])
  })

  test('compares the last input with the others: discordant rows, exact and Holm p', async () => {
    const { json, metrics } = await run({ svm: poor, knn: poor, vote: good })
    const { comparisons, reference } = JSON.parse(json) as { reference: string; comparisons: Record<string, number>[] }
    expect(reference).toBe('vote')
    expect(comparisons[0]).toMatchObject({ onlyReference: 3, onlyOther: 0, exactP: 0.25, holmP: 0.5 })
    expect(metrics['svm.holmP']).toBe(0.5)
    expect(metrics).not.toHaveProperty('vote.holmP')
    expect((await run({ svm: poor, vote: good }, { reference: 'svm' })).metrics['vote.holmP']).toBe(0.25)
  })

  test('evaluates the wanted partition only', async () => {
    const mixed = predictions(truth, [0, 0, 0, 0, 1, 1, 1, 2, 2, 1], {
      partitions: truth.map((_, i) => (i < 4 ? 'test' : i < 7 ? 'val' : 'train')),
    })
    expect((await run({ vote: mixed })).metrics['vote.n']).toBe(4)
    expect((await run({ vote: mixed }, { partition: 'val' })).metrics['vote.n']).toBe(3)
    await expect(run({ vote: mixed }, { partition: 'none' })).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
    await expect(run({ vote: mixed }, { partition: 'train' })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
  })

  test('joins inputs by id: the order of rows changes no byte', async () => {
    const backwards: PredictionBatch = predictions([...truth].reverse(), [1, 2, 2, 0, 1, 1, 2, 1, 0, 0], {
      ids: truth.map((_, i) => `r${9 - i}`),
      groups: truth.map((_, i) => `r${9 - i}`),
    })
    const direct = await run({ svm: poor, vote: good })
    const mixed = await run({ svm: backwards, vote: good })
    expect(mixed.json).toBe(direct.json)
    expect(mixed.rows).toBe(direct.rows)
  })

  test('refuses inputs that hold different rows, classes or labels', async () => {
    const otherIds = predictions(truth, truth, { ids: truth.map((_, i) => `s${i}`) })
    await expect(run({ a: good, b: otherIds })).rejects.toMatchObject({ code: 'ERR_MISSING_ID' })
    await expect(run({ a: good, b: { ...good, classNames: ['a', 'c', 'b'] } })).rejects.toMatchObject({
      code: 'ERR_CLASS_LIST',
    })
    await expect(
      run({
        a: good,
        b: predictions(
          truth.map((t) => 2 - t),
          truth,
        ),
      }),
    ).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
    await expect(run({ a: { ...good, labels: good.labels.map(() => -1) } })).rejects.toMatchObject({
      code: 'ERR_BAD_DATA',
    })
    await expect(run({ a: { ...good, ids: good.ids.map(() => 'same') } })).rejects.toMatchObject({
      code: 'ERR_DUPLICATE_ID',
    })
    await expect(run({ a: { ...good, scores: good.scores.map(() => NaN) } })).rejects.toMatchObject({
      code: 'ERR_NOT_FINITE',
    })
    await expect(run({ a: good }, { reference: 'b' })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
  })

  test('undefined is null, not 0: one class in truth, margins, one group', async () => {
    const oneClass = await run({ vote: predictions([0, 0], [0, 1]) })
    expect(oneClass.metrics).toMatchObject({ 'vote.macroAuroc': null, 'vote.accuracy': 0.5 })
    expect(oneClass.logs.some(({ message }) => message.includes('no row of b, c'))).toBe(true)
    expect((await run({ vote: { ...good, scoreKind: 'margin' } })).metrics).toMatchObject({
      'vote.brier': null,
      'vote.ece': null,
      'vote.logLoss': null,
    })
    expect((await run({ vote: { ...good, groups: good.ids.map(() => 'p') } })).metrics).toMatchObject({
      'vote.accuracy.low': null,
      'vote.groups': 1,
    })
  })

  test('marks what is ranked by vote shares wherever it is told, and leaves its value alone', async () => {
    const inputs = { svm: poor, vote: good }
    const plain = await run(inputs)
    const votes = await run({ ...inputs, vote: { ...good, scoreKind: 'voteShare' } })
    for (const metric of ['macroAuroc', 'macroAveragePrecision']) {
      expect(votes.metrics).not.toHaveProperty([`vote.${metric}`])
      expect(votes.metrics[`vote.${metric}OfVoteShares`]).toBe(plain.metrics[`vote.${metric}`])
      expect(votes.metrics[`svm.${metric}`]).toBe(plain.metrics[`svm.${metric}`])
    }
    const column = votes.table.columns.indexOf('AUROC')
    const aurocs = votes.table.rows.map((row) => row[column])
    expect(aurocs[0]).toMatch(/^0\.\d{3}$/)
    expect(aurocs[1]).toMatch(/^[01]\.\d{3} \(votes\)$/)
    expect(votes.md).toContain('(votes): of vote shares')
    expect(votes.md.split('## Classes of vote')[1]).toContain(' (votes) |')
    expect(votes.md.split('## Classes of svm')[1]!.split('##')[0]).not.toContain('(votes)')
    expect(votes.csv.split('\n').map((line) => line.split(',')[4])).toEqual([
      'scoreKind',
      'probability',
      'voteShare',
      undefined,
    ])
    expect(plain.md).not.toContain('(votes)')
    expect(plain.metrics).not.toHaveProperty(['vote.macroAurocOfVoteShares'])
  })

  test('an abstention counts as an error', async () => {
    const { metrics, rows } = await run({ vote: predictions(truth, [0, 0, 0, -1, 1, 1, 1, 2, 2, 2]) })
    expect(metrics).toMatchObject({ 'vote.accuracy': 0.9, 'vote.abstained': 1 })
    expect(rows).toContain('vote,r3,r3,a,,0,')
  })

  test('writes one line per input and row, quoting what must be quoted', async () => {
    const { rows } = await run({ vote: { ...good, classNames: ['a,b', 'say "b"', 'c'] } })
    expect(rows.split('\n')).toHaveLength(12)
    expect(rows).toContain('"a,b"')
    expect(rows).toContain('"say ""b"""')
  })

  test('says what a set of this size can show, and warns of repeated patients in paired tests', async () => {
    const { md } = await run({ svm: poor, vote: { ...good, groups: good.ids } })
    expect(md).toContain('10 independent groups')
    const groups = good.ids.map((_, i) => `p${i % 5}`)
    const repeated = await run({ svm: { ...poor, groups }, vote: { ...good, groups } })
    expect(repeated.md).toContain('takes as independent')
  })

  test('the plan refuses a reference that is no input, a partition that is not there, and unequal class lists', () => {
    const issues: string[] = []
    const spec = { kind: 'predictions' as const, partitions: ['train' as const], classNames: ['x'] }
    operation.plan?.({
      options: { reference: 'z', partition: 'test', subgroups: [] },
      inputs: {
        predictions: [
          { name: 'a', value: spec },
          { name: 'b', value: { ...spec, classNames: ['y'] } },
        ],
      },
      issue: (at) => issues.push(at),
    })
    expect(issues).toEqual(['reference', 'partition', 'partition', 'in:predictions'])
  })

  test('the same seed gives the same intervals, another seed others', async () => {
    const table = somePredictions({ numSamples: 100, accuracy: 0.7 })
    const low = async (seed: string) => {
      const result = await runOperation(operation, {
        seed,
        options: { resamples: 200 },
        inputs: { predictions: [{ name: 'x', value: table }] },
      })
      result.dispose()
      return (result.outputs['report'] as ReportValue).metrics['x.macroF1.low']
    }
    expect(await low('1')).toBe(await low('1'))
    expect(await low('1')).not.toBe(await low('2'))
  })
})

test('a resample without one of the classes estimates no average over classes', () => {
  const judged = { yTrue: Int32Array.from(truth), groups: truth.map(String), classNames: ['a', 'b', 'c'] }
  const candidate = { name: 'x', yPred: Int32Array.from(truth), scores: good.scores, scoreKind: 'voteShare' as const }
  const rare = { ...judged, groups: truth.map((t, i) => (t === 2 ? 'only' : `g${i}`)) }
  const resamples = clusterResamples({ groups: rare.groups, resamples: 300, rng: createRng(1) })
  const { intervals, warnings } = evaluate(rare, candidate, { resamples, confidence: 0.95 })
  expect(intervals.accuracy?.usedResamples).toBe(300)
  expect(intervals.balancedAccuracy?.usedResamples).toBeLessThan(230)
  // Right in every resample, which is no certainty: Wilson's interval of the class of the fewest patients.
  expect(intervals.balancedAccuracy).toMatchObject({ high: 1, method: 'wilson' })
  expect(intervals.balancedAccuracy!.low).toBeLessThan(0.9)
  expect(warnings.join()).toContain('lack a class')
})

test('a model that always says one class has the balanced accuracy of that, whatever the rows', () => {
  const yTrue = Int32Array.from([0, 0, 1, 1, 2, 2])
  const judged = { yTrue, groups: Array.from(yTrue, (_, row) => String(row)), classNames: ['a', 'b', 'c'] }
  const candidate = {
    name: 'one',
    yPred: new Int32Array(6),
    scores: Float64Array.from(Array.from(yTrue, () => [0.5, 0.3, 0.2]).flat()),
    scoreKind: 'probability' as const,
  }
  const resamples = clusterResamples({ groups: judged.groups, resamples: 200, rng: createRng(1) })
  const { intervals } = evaluate(judged, candidate, { resamples, confidence: 0.95 })
  expect(intervals.balancedAccuracy).toMatchObject({ low: 1 / 3, high: 1 / 3 })
})
