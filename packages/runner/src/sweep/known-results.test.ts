import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

/** A second plugin, whose code is edited. */
const project = createProject({
  edit: {
    'package.json': JSON.stringify({
      name: 'edit',
      version: '1.0.0',
      type: 'module',
      files: ['dist'],
      etsef: { api: 1, plugin: './dist/plugin.js' },
    }),
    'dist/plugin.js': `
const options = { type: 'object', additionalProperties: false, properties: {} }
export default { name: 'edit', apiVersion: 1, operations: [{
  kind: 'map', type: 'edit/same', summary: 'same', cacheVersion: 1, options, rows: 'features',
  inputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  outputs: { features: { kind: 'features', cardinality: 'one', description: 'rows' } },
  load: () => import('./same.js'),
}] }
`,
    'dist/same.js': 'export async function open() { return { apply: async (batch) => ({ features: batch }) } }\n',
  },
})
afterAll(() => {
  project.remove()
})

const pipeline = (seed: number): string => `seed: ${String(seed)}
nodes:
  files: { use: toy/files, with: { path: data } }
  brighter: { use: toy/brighten, in: { images: files } }
  means: { use: toy/mean, in: { images: brighter } }
  same: { use: edit/same, in: { features: means } }
  scaled: { use: toy/scale, in: { features: same } }
`
const sweep = (more = ''): string => `pipeline: p.yaml\ngrid: { scaled.factor: [1, 2] }\n${more}`
const known = '.etsef/sweeps/sweep/known-results.json'

async function states(): Promise<readonly string[]> {
  const { stdout } = await project.etsef('sweep', 'status', 'sweep.yaml', '--json')
  return (JSON.parse(stdout) as { trials: { state: string }[] }).trials.map(({ state }) => state)
}

test('what is remembered of results is used, and not past an edit of anything that they are made of', async () => {
  for (const name of ['a1', 'a2', 'b1', 'b2']) project.write(`data/${name}`, name)
  project.write('p.yaml', pipeline(1))
  project.write('sweep.yaml', sweep())
  const { code, stdout, stderr } = await project.etsef('sweep', 'run', 'sweep.yaml')
  expect(code, stdout + stderr).toBe(0)
  const current = ['ok', 'ok']
  expect(await states()).toEqual(current)

  // Had trials been planned again, a memory that lies would not be heard.
  const written = project.read(known)
  const { results, ...rest } = JSON.parse(written) as { results: Record<string, string> }
  project.write(known, JSON.stringify({ ...rest, results: { ...results, [Object.keys(results)[0]!]: 'another' } }))
  expect(await states()).toEqual(['outdated', 'ok'])

  // Now it says of everything that it is as it was.
  const edits: readonly (readonly [path: string, now: string])[] = [
    ['p.yaml', pipeline(1).replace('toy/brighten, ', 'toy/brighten, with: { by: 3 }, ')],
    ['sweep.yaml', sweep('base: { files.path: other }\n')],
    ['node_modules/edit/dist/same.js', `${project.read('node_modules/edit/dist/same.js')}// edited\n`],
    ['data/a1', 'another picture'],
  ]
  project.write('other/a1', 'a1')
  project.write('other/b1', 'b')
  for (const [path, now] of edits) {
    const before = project.read(path)
    project.write(known, written)
    project.write(path, now)
    expect(await states(), path).not.toContain('ok')
    project.write(path, before)
    expect(await states(), path).toEqual(current)
  }
})
