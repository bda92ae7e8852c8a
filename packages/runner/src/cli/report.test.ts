import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ComparedRuns, RunFacts } from '@etsef/plugin-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const bookPackage = JSON.stringify({
  name: '@fixture/book',
  version: '1.0.0',
  type: 'module',
  etsef: { api: 1, plugin: './plugin.js' },
})

/** A plugin that makes a page of any run: the runner must know neither. */
const bookPlugin = `
const port = (kind, cardinality) => ({ kind, cardinality, description: kind })
const text = { type: 'string', 'x-etsef-content': 'path' }
const options = { type: 'object', properties: { record: { anyOf: [{ type: 'null' }, text], default: null }, files: { type: 'boolean', default: false }, tone: { type: 'string', default: 'dry' } } }
const page = { kind: 'report', type: 'book/page', summary: 'page', cacheVersion: 1, options, inputs: { reports: port('report', 'many') }, outputs: { report: port('report', 'one') }, load: () => import('./page.js') }
const other = { ...page, type: 'book/other', options: { type: 'object', properties: {} } }
export default { name: 'book', apiVersion: 1, operations: [page, other] }
`

const bookPage = `
import { copyFileSync, writeFileSync, mkdirSync } from 'node:fs'
export async function run({ options, inputs, ctx }) {
  const dir = ctx.outputDir('report')
  copyFileSync(options.record, dir + '/facts.json')
  writeFileSync(dir + '/index.html', JSON.stringify({ names: inputs.reports.map(({ name }) => name), tone: options.tone, files: options.files }))
  if (options.files) { mkdirSync(dir + '/tables'); writeFileSync(dir + '/tables/a.csv', 'x') }
  return { report: { kind: 'report', dir, metrics: {}, table: { columns: ['told'], rows: [['yes']] } } }
}
`

const project = createProject({
  '@fixture/book': { 'package.json': bookPackage, 'plugin.js': bookPlugin, 'page.js': bookPage },
})
const use = ['--use', 'book/page'] as const
let run: string
let soft: string
beforeAll(async () => {
  project.write('toy.yaml', `description: of toys\n${tenStages}`)
  const runOf = async (...words: string[]): Promise<string> =>
    (JSON.parse((await project.etsef('run', 'toy.yaml', '--json', ...words)).stdout) as { run: string }).run
  soft = await runOf('--set', 'near.vote=soft')
  run = await runOf()
})
afterAll(() => {
  project.remove()
})

test('calls the operation that is named with every report of the newest run, and writes its page into the folder of the run', async () => {
  const { stdout, code } = await project.etsef('report', ...use)
  expect(code).toBe(0)
  expect(stdout.trim()).toBe(join('.etsef/runs', run, 'report.html'))
  expect(JSON.parse(project.read(stdout.trim()))).toEqual({ names: ['scores'], tone: 'dry', files: false })
})

test('a folder gets every file, a file the page', async () => {
  expect((await project.etsef('report', run, ...use, '--out', 'told')).code).toBe(0)
  expect(JSON.parse(project.read('told/index.html'))).toMatchObject({ files: true })
  expect(project.read('told/tables/a.csv')).toBe('x')
  expect((await project.etsef('report', run, ...use, '-o', 'deep/er/a.html')).stdout.trim()).toBe('deep/er/a.html')
  expect(existsSync(join(project.dir, 'deep/er/a.html'))).toBe(true)
})

test('hands over what the run was, and what its artifacts say', async () => {
  await project.etsef('report', run, ...use, '--out', 'facts')
  const facts = JSON.parse(project.read('facts/facts.json')) as RunFacts
  expect(facts).toMatchObject({ format: 1, run, status: 'ok', file: 'toy.yaml', description: 'of toys', seed: 3 })
  expect(facts.yaml).toContain('use: toy/nearest')
  expect(facts.yaml).not.toContain('vars')
  expect(facts.graph).toMatch(/^<svg/)
  const nodes = new Map(facts.nodes.map((node) => [node.id, node]))
  expect(nodes.get('both')).toMatchObject({
    kind: 'combine',
    inputs: { features: [{ node: 'a' }, { node: 'b' }] },
  })
  expect(nodes.get('near')!.stages.map(({ part }) => part)).toEqual(['fit', 'apply'])
  expect(nodes.get('near')!.stages[0]!.numLearnedFrom).toBeGreaterThan(0)
  expect(nodes.get('scores')!.stages[0]!.testLabelReads).toBe(facts.testLabelReads)
  expect(facts.siblings).toHaveLength(1)
  expect(facts.siblings[0]!.changes).toEqual([{ node: 'near', option: 'vote', here: 'hard', there: 'soft' }])
})

test('within a pipeline: what the page reads is told and kept as before, and a page is named by its file', async () => {
  project.write(
    'paged.yaml',
    `${tenStages}  page: { use: book/page, in: { reports: [scores] }, with: { record: toy.yaml } }\n`,
  )
  const first = await project.etsef('run', 'paged.yaml')
  const again = await project.etsef('run', 'paged.yaml')
  for (const { code, stdout } of [first, again]) {
    expect(code).toBe(0)
    expect(stdout).toContain('nearest     1.000')
    expect(stdout).toMatch(/  scores: .*\/reports\/scores\n  page: .*\/reports\/page\/index\.html\n$/)
  }
})

test('what makes no report of a run, no run, and a run whose reports are gone are refused', async () => {
  const other = await project.etsef('report', run, '--use', 'book/other')
  expect([other.code, other.stdout]).toEqual([2, expect.stringContaining('makes no report of a run')])
  const unknown = await project.etsef('report', run, '--use', 'book/pagee')
  expect([unknown.code, unknown.stdout]).toEqual([2, expect.stringContaining('did you mean "book/page"')])
  const noRun = await project.etsef('report', '2020')
  expect([noRun.code, noRun.stdout]).toEqual([2, expect.stringContaining('There is no run "2020"')])
  project.write('bare.yaml', 'nodes:\n  points: { use: toy/points }\n')
  const bare = (JSON.parse((await project.etsef('run', 'bare.yaml', '--json')).stdout) as { run: string }).run
  const gone = await project.etsef('report', bare, ...use)
  expect([gone.code, gone.stdout]).toEqual([2, expect.stringContaining('there is no report left to tell of')])
})

describe('etsef compare', () => {
  test('tells in what runs differ and nothing else, and what the operation makes of it', async () => {
    const { stdout, code } = await project.etsef('compare', soft, run, ...use, '--out', 'compared')
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^differs in +what/),
      expect.any(String),
      expect.stringMatching(/^pipeline +near\.vote +soft +hard$/),
    ])
    expect(stdout).toContain('told')
    expect(stdout.trim()).toMatch(/compared\/index\.html$/)
    expect(JSON.parse(project.read('compared/index.html'))).toMatchObject({
      names: [`${soft}/scores`, `${run}/scores`],
    })
    const { runs, differences } = JSON.parse(project.read('compared/facts.json')) as ComparedRuns
    expect(runs.map((each) => each.run)).toEqual([soft, run])
    expect(differences).toEqual([{ kind: 'pipeline', what: 'near.vote', values: ['soft', 'hard'] }])
  })

  test('sees other seeds, operations, edges, nodes and options', async () => {
    const other = tenStages
      .replace('seed: 3', 'seed: 4')
      .replace('features: [a, b]', 'features: [b, a]')
      .replace(
        'use: toy/scale, in: { features: split } }\n  b',
        'use: toy/center, in: { features: split }, with: { k: 2 } }\n  b',
      )
      .replace('factor: 3', 'factor: 5')
    project.write('other.yaml', `${other}  more: { use: toy/score, in: { predictions: near } }\n`)
    const id = (JSON.parse((await project.etsef('run', 'other.yaml', '--json')).stdout) as { run: string }).run
    const { stdout } = await project.etsef('compare', run, id, ...use, '--json')
    const { differences } = JSON.parse(stdout) as ComparedRuns
    expect(differences.map(({ what }) => what).sort()).toEqual(['a.use', 'b.factor', 'both.in', 'more.use', 'seed'])
    expect(differences.find(({ what }) => what === 'more.use')!.values).toEqual([null, 'toy/score'])
  })

  test('one run, or twice the same, is a mistake of the command line', async () => {
    expect((await project.etsef('compare', run)).code).toBe(2)
    expect((await project.etsef('compare', run, run)).code).toBe(2)
  })
})
