import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { openStore } from '../store/store.js'
import { keyPipeline } from './key-pipeline.js'
import { runPipeline } from './run-pipeline.js'

const manifest = `
const options = { type: 'object', additionalProperties: false, properties: { installs: { type: 'string', default: '' } } }
export default { name: 'net', apiVersion: 1, operations: [{
  kind: 'map', type: 'net/same', summary: 'same', cacheVersion: 1, options, rows: 'features', engine: 'tensor',
  inputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  outputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  load: () => import('./same.js'),
}] }
`
const project = createProject({ net: {} })
const idFile = join(project.dir, 'engine-id.txt')
const write = (file: string, text: string): string => project.write(join('node_modules/net', file), text)
let numRuns = 0
beforeEach(() => {
  write(
    'package.json',
    JSON.stringify({
      ...{ name: 'net', version: '1.0.0', type: 'module' },
      etsef: { api: 1, plugin: './dist/plugin.js', engines: './dist/engines.js' },
    }),
  )
  write('dist/plugin.js', manifest)
  write(
    'dist/engines.js',
    `import { readFileSync } from 'node:fs'
export default { probe: async () => ({ name: 'fake', id: readFileSync(${JSON.stringify(idFile)}, 'utf8'), summary: 'fake' }) }
`,
  )
  // Its engine changes while it computes, where its option says so.
  write(
    'dist/same.js',
    `import { writeFileSync } from 'node:fs'
export async function open({ options }) {
  if (options.installs !== '') writeFileSync(${JSON.stringify(idFile)}, options.installs)
  return { apply: async (batch) => ({ features: batch }) }
}
`,
  )
  project.write('engine-id.txt', 'fake-1')
  numRuns++
})
afterAll(() => {
  project.remove()
})

/** Runs a stage that needs an engine; `meanwhile` happens after its key was computed. */
async function run(installs: string, meanwhile: () => void) {
  project.write(
    'p.yaml',
    `seed: ${numRuns}
nodes:
  points: { use: toy/points }
  first: { use: net/same, in: { features: points }, with: { installs: "${installs}" } }
`,
  )
  const keyed = await keyPipeline(await project.check('p.yaml'))
  meanwhile()
  const { record } = await runPipeline(keyed, { jobs: 1 })
  const kept = openStore(keyed.storeDir).find(keyed.stages.get('first')!.key).state
  return { outcome: record.stages['first'], kept }
}

const refused = {
  outcome: 'failed',
  attempts: 1,
  error: { code: 'ERR_ENGINE', node: 'first', expected: 'fake-1', received: 'fake-2' },
}

test('the engine that a stage was planned with computes it', async () => {
  expect(await run('', () => undefined)).toMatchObject({ outcome: { outcome: 'done' }, kept: 'present' })
})

test('an engine that was installed after the plan computes nothing under the key of the other', async () => {
  const { outcome, kept } = await run('', () => project.write('engine-id.txt', 'fake-2'))
  expect(outcome).toMatchObject(refused)
  expect(kept).toBe('absent')
})

test('what was computed while the engine changed is not kept', async () => {
  const { outcome, kept } = await run('fake-2', () => undefined)
  expect(outcome).toMatchObject(refused)
  expect(kept).toBe('absent')
})
