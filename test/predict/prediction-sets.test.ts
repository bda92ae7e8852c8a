import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { etsef, lastJson, temporaryFolder } from '../support/etsef.js'
import { leakProject, type RunSummary } from '../support/leak-project.js'
import { writePhantoms } from '../support/phantom-folder.js'

const project = leakProject()
const { path: away, dispose } = temporaryFolder()
afterAll(() => {
  project.dispose()
  dispose()
})

interface Row {
  readonly id: string
  readonly predictionSet?: readonly string[]
}
interface Answers {
  readonly classNames: readonly string[]
  readonly predictions: readonly Row[]
  readonly notes: readonly string[]
  readonly predictionSets: object
}

const data = join(project.path, 'data')
const pipeline = (split: string): string => `
name: sets
seed: 4
nodes:
  scans: { use: data/folder, with: { path: ${data}, groups: groups.csv } }
  split: { use: data/split, in: { images: scans }, with: ${split} }
  pixels: { use: leaky/pixels, in: { images: split } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  knn: { use: ensemble/knn, in: { features: pixels }, with: { neighbors: 9 } }
  soft: { use: ensemble/vote, in: { predictions: [nb, knn] }, with: { voting: soft } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn] } }
  scores: { use: report/evaluate, in: { predictions: [soft] }, with: { resamples: 100 } }
`
let summary: RunSummary
const ask = async (of: string, ...more: readonly string[]): Promise<Answers> =>
  // The object that predict prints.
  lastJson(await etsef(['predict', of, data, '--json', ...more], { cwd: project.path })) as unknown as Answers

beforeAll(async () => {
  const ids = writePhantoms(data, { perClass: 80, size: 8 })
  writeFileSync(
    join(data, 'groups.csv'),
    `file,group\n${ids.map((id, at) => `${id},patient ${String(at >> 1)}\n`).join('')}`,
  )
  summary = await project.run(pipeline('{ train: 0.3, val: 0.35, test: 0.35 }'))
}, 120_000)

interface Judged {
  readonly coverage: number
  readonly meanSize: number
}

/** What the run's own report says of sets of this kind on test rows, and the sets that were answered for these rows. */
function judged(kind: 'marginal' | 'classConditional', { classNames, predictions }: Answers): [Judged, Judged] {
  const published = readFileSync(
    join(project.path, '.etsef/runs', summary.run, 'reports/scores/predictions.csv'),
    'utf8',
  )
  const { data: reported } = Papa.parse<{ id: string; trueClass: string }>(published.trim(), { header: true })
  const sets = new Map(predictions.map(({ id, predictionSet }) => [id, predictionSet!]))
  const rows = reported.map(({ id, trueClass }) => ({ label: trueClass, set: sets.get(id)! }))
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const isCovered = (row: (typeof rows)[number]): number => (row.set.includes(row.label) ? 1 : 0)
  const { inputs } = project.report(summary, 'scores', 'metrics.json') as {
    inputs: readonly { fromValidation: { conformal: Record<typeof kind, Judged> } }[]
  }
  // Else equality would say little.
  expect(new Set(rows.map(({ set }) => set.join())).size).toBeGreaterThan(1)
  const own = {
    coverage: mean(rows.map(isCovered)),
    meanSize: mean(rows.map(({ set }) => set.length)),
    empty: mean(rows.map(({ set }) => (set.length === 0 ? 1 : 0))),
    perClass: classNames.map((name) => mean(rows.filter(({ label }) => label === name).map(isCovered))),
  }
  return [own, inputs[0]!.fromValidation.conformal[kind]]
}

test('sets of test rows are those that report/evaluate judges, from the run and from its bundle', async () => {
  const answers = await ask(summary.run, '--node', 'soft')
  const { predictions, notes, predictionSets } = answers
  expect(notes.filter((note) => note.includes('prediction sets'))).toEqual([])
  const [own, reported] = judged('marginal', answers)
  expect(own).toEqual(reported)
  expect(predictionSets).toMatchObject({ kind: 'marginal', level: 0.9 })

  const bundle = join(away, 'soft')
  await etsef(['bundle', summary.run, '--node', 'soft', '-o', bundle], { cwd: project.path })
  expect((await ask(bundle)).predictions).toEqual(predictions)
  const stored = JSON.parse(readFileSync(join(bundle, 'conformal.json'), 'utf8')) as object
  expect(stored).toMatchObject({ kind: 'marginal', level: 0.9, numGroups: expect.any(Number) as number })
  expect(readFileSync(join(bundle, 'README.md'), 'utf8')).toMatch(
    /on the whole it holds the true one for at least 90 % of pictures that are like/,
  )
  const { stdout } = await etsef(['predict', bundle, data], { cwd: project.path })
  const { data: table } = Papa.parse<{ id: string; predictionSet: string }>(stdout.trim(), { header: true })
  expect(table.map(({ predictionSet }) => predictionSet)).toEqual(
    predictions.map(({ predictionSet }) => predictionSet!.join('|')),
  )
})

test('have a threshold of their own for each class where that is asked for: of a run, a bundle, and as a bundle was made', async () => {
  const sets = ['--sets', 'classConditional']
  const answers = await ask(summary.run, '--node', 'soft', ...sets)
  const [own, reported] = judged('classConditional', answers)
  expect(own).toEqual(reported)
  expect(answers.predictionSets).toMatchObject({ kind: 'classConditional' })
  const marginal = await ask(summary.run, '--node', 'soft')
  const setsOf = ({ predictions }: Answers) => predictions.map(({ predictionSet }) => predictionSet)
  expect(setsOf(answers)).not.toEqual(setsOf(marginal))

  const bundle = join(away, 'each class')
  await etsef(['bundle', summary.run, '--node', 'soft', '-o', bundle, ...sets], { cwd: project.path })
  expect(setsOf(await ask(bundle))).toEqual(setsOf(answers))
  expect(setsOf(await ask(bundle, '--sets', 'marginal'))).toEqual(setsOf(marginal))
  expect(readFileSync(join(bundle, 'README.md'), 'utf8')).toMatch(/within each class it holds the true one/)
  const refused = await etsef(['predict', bundle, data, '--sets', 'class'], { cwd: project.path })
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/marginal[^]*classConditional/)])
}, 60_000)

test('are left out, and a note says why, where scores are no probabilities or there are no validation rows', async () => {
  const hard = await ask(summary.run, '--node', 'vote')
  expect(hard.predictions.every((row) => row.predictionSet === undefined)).toBe(true)
  expect(hard.notes).toContain('no prediction sets: scores are no probabilities')
  const { run } = await project.run(pipeline('{ train: 0.6, val: 0, test: 0.4 }'))
  const without = await ask(run, '--node', 'soft')
  expect(without.predictions.every((row) => row.predictionSet === undefined)).toBe(true)
  expect(without.notes).toContain('no prediction sets: there are no validation rows to calibrate them on')
}, 60_000)
