import { linkSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { openStore } from '../store/store.js'
import { keyPipeline } from './key-pipeline.js'
import { runPipeline, type RunOptions } from './run-pipeline.js'

const manifest = `
const options = { type: 'object', additionalProperties: false, properties: { note: { type: 'string', default: '' } } }
export default { name: 'edit', apiVersion: 1, operations: [{
  kind: 'map', type: 'edit/same', summary: 'same', cacheVersion: 1, options, rows: 'features',
  inputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  outputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  load: () => import('./same.js'),
}] }
`
/** Multiplies by what is read from a file beside it, each time. */
const same = `import { readFileSync } from 'node:fs'
export async function open() {
  const factor = Number(readFileSync(new URL('./factor.txt', import.meta.url), 'utf8'))
  return { apply: async (batch) => ({ features: { ...batch, features: batch.features.map((value) => value * factor) } }) }
}
`
const project = createProject({ edit: {} })
const write = (file: string, text: string): string => project.write(join('node_modules/edit', file), text)
let numRuns = 0
beforeEach(() => {
  write(
    'package.json',
    JSON.stringify({ name: 'edit', version: '1.0.0', type: 'module', etsef: { api: 1, plugin: './dist/plugin.js' } }),
  )
  write('dist/plugin.js', manifest)
  write('dist/same.js', same)
  write('dist/factor.txt', '1')
  // Each test computes its own stages.
  numRuns++
  project.write(
    'p.yaml',
    `seed: ${numRuns}
nodes:
  points: { use: toy/points }
  first: { use: edit/same, in: { features: points } }
  second: { use: edit/same, in: { features: first } }
  below: { use: toy/scale, in: { features: second } }
`,
  )
})
afterAll(() => {
  project.remove()
})

/** Runs the pipeline; `meanwhile` happens after its keys were computed. */
async function run(meanwhile: () => void, options: RunOptions = {}) {
  const keyed = await keyPipeline(await project.check('p.yaml'))
  meanwhile()
  const { record } = await runPipeline(keyed, { jobs: 1, ...options })
  const store = openStore(keyed.storeDir)
  const isKept = (node: string): boolean => store.find(keyed.stages.get(node)!.key).state === 'present'
  return { record, isKept }
}

const refused = (file: string) => ({
  code: 'ERR_CHANGED_CODE',
  message: `The code of "edit" was written while the run used it: ${join(project.dir, 'node_modules/edit/dist', file)}`,
})

test('code that was edited between its digest and its import is refused, and runs under its own key afterwards', async () => {
  const { record, isKept } = await run(() => write('dist/same.js', `${same}// other\n`))
  expect(record.status).toBe('failed')
  expect(record.stages['first']).toMatchObject({
    outcome: 'failed',
    attempts: 1,
    error: { ...refused('same.js'), node: 'first' },
  })
  expect([isKept('points'), isKept('first')]).toEqual([true, false])
  expect((await run(() => undefined)).record.status).toBe('ok')
})

test('code that was edited and is as before again is refused, too: what was in between may have been loaded', async () => {
  const { record, isKept } = await run(() => {
    write('dist/factor.txt', '2')
    write('dist/factor.txt', '1')
  })
  expect(record.stages['first']?.error).toMatchObject(refused('factor.txt'))
  expect(isKept('first')).toBe(false)
})

test('another name given to a file, or taken from it, writes nothing: package managers link files of many projects', async () => {
  const other = join(project.dir, 'linked.js')
  linkSync(join(project.dir, 'node_modules/edit/dist/same.js'), other)
  const { record } = await run(() => {
    rmSync(other)
  })
  expect(record.status).toBe('ok')
})

test('other bytes are refused whatever the time of writing says', async () => {
  const file = join(project.dir, 'node_modules/edit/dist/factor.txt')
  // A time of whole seconds can be put back exactly.
  utimesSync(file, 1e9, 1e9)
  const { record } = await run(() => {
    write('dist/factor.txt', '2')
    utimesSync(file, 1e9, 1e9)
    expect(statSync(file).mtimeMs).toBe(1e12)
  })
  expect(record.stages['first']?.error).toMatchObject(refused('factor.txt'))
})

test('a file that got a link and was written is refused all the same', async () => {
  const other = join(project.dir, 'linked.js')
  const { record } = await run(() => {
    linkSync(join(project.dir, 'node_modules/edit/dist/same.js'), other)
    write('dist/same.js', `${same}// other\n`)
  })
  rmSync(other)
  expect(record.stages['first']?.error).toMatchObject(refused('same.js'))
})

test('what was published after an edit, and what was made of it, is set aside', async () => {
  const { record, isKept } = await run(() => undefined, {
    emit: (event) => {
      if (event.type === 'stage-started' && event.stage === 'second') write('dist/factor.txt', '3')
    },
  })
  expect(record.status).toBe('failed')
  expect(record.stages['second']).toMatchObject({ outcome: 'failed', error: refused('factor.txt') })
  expect([isKept('second'), isKept('below')]).toEqual([false, false])
  write('dist/factor.txt', '1')
  const after = await run(() => undefined)
  expect(after.record.status).toBe('ok')
  expect([after.isKept('second'), after.isKept('below')]).toEqual([true, true])
})

test('what workers are told of the code is not left behind', async () => {
  const { record } = await run(() => undefined)
  expect(record.status).toBe('ok')
  const log = readFileSync(record.stages['first']!.logFile!, 'utf8')
  expect(log).toContain('done: new')
  expect(readdirSync(join(record.stages['first']!.logFile!, '..')).filter((name) => name.startsWith('code-'))).toEqual(
    [],
  )
})
