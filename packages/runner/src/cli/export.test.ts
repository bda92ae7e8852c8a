import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import Papa from 'papaparse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

let first: string
let second: string
beforeAll(async () => {
  project.write(
    'toy.yaml',
    `${tenStages}  trained: { use: toy/trouble, in: { features: points }, with: { mode: metric } }\n`,
  )
  const runOf = async (...words: string[]): Promise<string> =>
    (JSON.parse((await project.etsef('run', 'toy.yaml', '--json', ...words)).stdout) as { run: string }).run
  first = await runOf()
  second = await runOf('--set', 'near.vote=soft', '--tag', 'softer')
})

const rowsOf = async (...words: string[]): Promise<Record<string, string>[]> => {
  const { stdout, code } = await project.etsef('export', ...words, '--to', 'csv')
  expect(code).toBe(0)
  return Papa.parse<Record<string, string>>(stdout.trim(), { header: true }).data
}

test('a journal and the lines of --log json say when each event came', async () => {
  const { stdout } = await project.etsef('run', 'toy.yaml', '--set', 'near.vote=soft', '--log', 'json')
  const journal = project.read(join('.etsef/runs', first, 'events.jsonl'))
  for (const line of `${stdout}${journal}`.trim().split('\n')) {
    const { time } = JSON.parse(line) as { time: string }
    expect(new Date(time).toISOString()).toBe(time)
  }
})

describe('etsef export', () => {
  test('csv: every figure with its step and the time at which it was reported, also of a stage that an earlier run computed', async () => {
    const own = (await rowsOf(first)).filter(({ node }) => node === 'trained')
    expect(own.map(({ name, step, value }) => [name, step, value])).toEqual([
      ['loss', '1', '0.5'],
      ['loss', '2', '0.25'],
    ])
    const reported = project
      .read(join('.etsef/runs', first, 'events.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; node?: string; time: string })
      .filter(({ type, node }) => type === 'stage-metric' && node === 'trained')
    expect(own.map(({ time }) => time)).toEqual(reported.map(({ time }) => time))
    const later = (await rowsOf(second)).filter(({ node }) => node === 'trained')
    expect(later).toEqual(own.map((row) => ({ ...row, run: second })))
  })

  test('by default of the newest run; of several, all', async () => {
    const newest = (await rowsOf())[0]!['run']!
    expect(newest > first).toBe(true)
    expect(new Set((await rowsOf(first, second)).map(({ run }) => run))).toEqual(new Set([first, second]))
    expect((await rowsOf(first)).find(({ name }) => name === 'accuracy')).toMatchObject({ node: 'scores', value: '1' })
  })

  test('parquet: the same rows', async () => {
    expect((await project.etsef('export', first, '--to', 'parquet', '-o', 'deep/figures.parquet')).code).toBe(0)
    const file = readFileSync(join(project.dir, 'deep/figures.parquet'))
    const rows = await parquetReadObjects({
      file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length),
    })
    const text = rows.map(({ step, value, time, ...names }) => ({
      ...names,
      step: step === null ? '' : String(step),
      value: String(value),
      time: (time as Date).toISOString(),
    }))
    expect(text).toEqual(await rowsOf(first))
  })

  test('tensorboard: a folder for each run and node; made again it takes the place of the former', async () => {
    for (let time = 0; time < 2; time++)
      expect((await project.etsef('export', first, second, '--to', 'tensorboard')).stdout.trim()).toBe('tensorboard')
    expect(readdirSync(join(project.dir, 'tensorboard')).sort()).toEqual([first, second].sort())
    expect(readdirSync(join(project.dir, 'tensorboard', first, 'trained'))).toEqual(['events.out.tfevents.0.etsef'])
    expect(project.read(join('tensorboard', first, 'trained/events.out.tfevents.0.etsef'))).toContain('brain.Event:2')
  })

  test('mlflow: an experiment of the pipeline, a run with parameters, metrics and artifacts', async () => {
    await project.etsef('export', first, second, '--to', 'mlflow', '-o', 'mlruns')
    const [experiment] = readdirSync(join(project.dir, 'mlruns'))
    expect(parse(project.read(join('mlruns', experiment!, 'meta.yaml')))).toMatchObject({
      experiment_id: experiment,
      name: 'toy',
      lifecycle_stage: 'active',
    })
    const runs = readdirSync(join(project.dir, 'mlruns', experiment!)).filter((name) => name !== 'meta.yaml')
    expect(runs).toHaveLength(2)
    const metaOf = (run: string) =>
      parse(project.read(join('mlruns', experiment!, run, 'meta.yaml'))) as Record<string, unknown>
    const run = runs.find((each) => metaOf(each)['run_name'] === 'softer')!
    expect(metaOf(run)).toMatchObject({ run_id: run, run_uuid: run, experiment_id: experiment, status: 3 })
    const read = (path: string): string => project.read(join('mlruns', experiment!, run, path))
    expect(read('params/near.vote')).toBe('soft')
    expect(read('params/centred.use')).toBe('toy/center')
    expect(read('tags/etsef.run')).toBe(second)
    expect(read('metrics/trained.loss')).toMatch(/^\d{13} 0\.5 1\n\d{13} 0\.25 2\n$/)
    expect(JSON.parse(read('artifacts/reports/scores/metrics.json'))).toMatchObject({ accuracy: 1 })
    expect(JSON.parse(read('artifacts/run.json'))).toMatchObject({ run: second })
  })

  test('mlflow: names that YAML 1.1, which MLflow reads, would take for something else stay names', async () => {
    for (const tag of ['yes', '1_000', '0o7']) {
      const done = await project.etsef('run', 'toy.yaml', '--json', '--tag', tag)
      const { run } = JSON.parse(done.stdout) as { run: string }
      await project.etsef('export', run, '--to', 'mlflow', '-o', `mlruns-${tag}`)
      const [experiment] = readdirSync(join(project.dir, `mlruns-${tag}`))
      const home = join(`mlruns-${tag}`, experiment!)
      const [own] = readdirSync(join(project.dir, home)).filter((name) => name !== 'meta.yaml')
      expect(parse(project.read(join(home, own!, 'meta.yaml')), { version: '1.1' })).toMatchObject({ run_name: tag })
    }
  })

  test('a format that is none, or none at all, is a mistake of the command line', async () => {
    const none = await project.etsef('export', first)
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('needs --to tensorboard, mlflow, csv, parquet'),
    ])
    const other = await project.etsef('export', first, '--to', 'wandb')
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('not "wandb"')])
  })
})
