import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

/** A package that writes a pipeline of any folder: the runner must not know what is in it. */
const project = createProject({
  '@fixture/first': {
    'package.json': JSON.stringify({
      name: '@fixture/first',
      version: '1.0.0',
      type: 'module',
      etsef: { api: 1, starter: './starter.js' },
    }),
    'starter.js': `
export default { start: async ({ path, name, from }) => ({ found: ['looked at ' + path.slice(from.length + 1)], yaml: 'name: ' + name + '\\nnodes:\\n  points: { use: toy/points }\\n' }) }
`,
  },
})
afterAll(() => {
  project.remove()
})

test('writes what a package of the project makes of the folder, for editors and for a run', async () => {
  const { code, stdout } = await project.etsef('init', 'images', '--out', 'mine.yaml')
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^looked at images\n\nwrote mine\.yaml; next:\n {2}etsef run/),
  ])
  expect(project.read('mine.yaml')).toMatch(
    /^# yaml-language-server: \$schema=\.etsef\/pipeline\.schema\.json\nname: mine\n/,
  )
  expect(project.read('.etsef/pipeline.schema.json')).toContain('toy/points')
  expect((await project.etsef('run', 'mine.yaml')).code).toBe(0)
})

test('paths are relative to the project, wherever the pipeline lies', async () => {
  const { stdout } = await project.etsef('init', 'deep/images', '--out', 'pipelines/deep.yaml')
  expect(stdout).toMatch(/^looked at deep\/images\n/)
  expect(project.read('pipelines/deep.yaml')).toContain('$schema=../.etsef/pipeline.schema.json')
})

test('writes over nothing without --force', async () => {
  project.write('images.yaml', 'mine')
  const refused = await project.etsef('init', 'images')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--force writes over it')])
  expect(project.read('images.yaml')).toBe('mine')
  expect((await project.etsef('init', 'images', '--force')).code).toBe(0)
  expect(project.read('images.yaml')).not.toBe('mine')
})
