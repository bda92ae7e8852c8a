import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const provider = `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError } from '@etsef/plugin-api'
const pathOf = (name, dir) => join(dir ?? 'default-cache', name + '.h5')
const stateOf = (path) => !existsSync(path) ? 'missing' : readFileSync(path, 'utf8') === 'weights' ? 'ok' : 'wrong'
const names = ['net/one', 'net/two']
export default {
  list: async ({ dir } = {}) =>
    names.map((name) => ({ name, summary: 'a network', url: 'https://example.org/' + name, path: pathOf(name, dir), state: stateOf(pathOf(name, dir)) })),
  async pull(name, { dir, onProgress } = {}) {
    if (!names.includes(name)) throw new PipelineError('ERR_WEIGHTS', { message: 'no weights ' + name, hint: 'did you mean "net/one"?' })
    const path = pathOf(name, dir)
    if (name === 'net/two') throw new PipelineError('ERR_WEIGHTS', { message: 'cannot reach the publisher', hint: 'place it at ' + path })
    onProgress?.(0, 20)
    onProgress?.(20, 20)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, 'weights')
    return { path }
  },
  verify: async (nameOrPath, { dir } = {}) => {
    const path = nameOrPath.endsWith('.h5') ? nameOrPath : pathOf(nameOrPath, dir)
    return { name: names.find((name) => path.includes(name)), path, state: stateOf(path) }
  },
}
`
const manifest = JSON.stringify({ name: '@fixture/zoo', version: '1.0.0', etsef: { api: 1, weights: './weights.mjs' } })
const project = createProject({ '@fixture/zoo': { 'package.json': manifest, 'weights.mjs': provider } })
const bare = createProject()
mkdirSync(join(project.dir, 'node_modules/@etsef'))
symlinkSync(
  fileURLToPath(new URL('../../../plugin-api', import.meta.url)),
  join(project.dir, 'node_modules/@etsef/plugin-api'),
)
afterAll(() => {
  project.remove()
  bare.remove()
})

describe('etsef weights', () => {
  test('list says what there is and what is here', async () => {
    const { stdout, code } = await project.etsef('weights', 'list')
    expect(code).toBe(0)
    expect(stdout).toContain('net/one')
    const { stdout: json } = await project.etsef('weights', 'list', '--json', '--dir', 'here')
    expect(JSON.parse(json)).toMatchObject({ weights: [{ name: 'net/one', state: 'missing' }, { name: 'net/two' }] })
  })

  test('pull gets a file into --dir and prints its path', async () => {
    const { stdout, stderr, code } = await project.etsef('weights', 'pull', 'net/one', '--dir', 'pulled')
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${project.dir}/pulled/net/one.h5\n` })
    expect(stderr).toContain('net/one: 20 B of 20 B (100 %)')
    expect(project.read('pulled/net/one.h5')).toBe('weights')
    const { stdout: json, stderr: quiet } = await project.etsef(
      'weights',
      'pull',
      'net/one',
      '--json',
      '--dir',
      'pulled',
    )
    expect(JSON.parse(json)).toEqual({ pulled: [{ name: 'net/one', path: `${project.dir}/pulled/net/one.h5` }] })
    expect(quiet).toBe('')
  })

  test.for([
    { name: 'net/two', says: 'place it at' },
    { name: 'net/onee', says: 'did you mean "net/one"?' },
  ])('what cannot be pulled says what to do: $name', async ({ name, says }) => {
    const { stdout, code } = await project.etsef('weights', 'pull', name)
    expect(code).not.toBe(0)
    expect(stdout).toContain('ERR_WEIGHTS')
    expect(stdout).toContain(says)
    const { stdout: json } = await project.etsef('weights', 'pull', name, '--json')
    expect(JSON.parse(json)).toMatchObject({ problems: [{ code: 'ERR_WEIGHTS' }] })
  })

  test('verify takes names and files, and fails for a wrong or missing one', async () => {
    project.write('kept/net/one.h5', 'weights')
    expect((await project.etsef('weights', 'verify', 'net/one', '--dir', 'kept')).code).toBe(0)
    expect((await project.etsef('weights', 'verify', 'kept/net/one.h5')).stdout).toContain(
      'is what its publisher offers',
    )
    expect((await project.etsef('weights', 'verify', 'net/two', '--dir', 'kept')).code).toBe(1)
    project.write('kept/net/two.h5', 'other bytes')
    const { stdout, code } = await project.etsef('weights', 'verify', '--dir', 'kept', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ verified: [{ state: 'ok' }, { state: 'wrong' }] })
  })

  test('without a provider it says which package brings one', async () => {
    const { stdout, code } = await bare.etsef('weights', 'list')
    expect(code).not.toBe(0)
    expect(stdout).toContain('@etsef/nn')
  })

  test('other words are a usage error', async () => {
    expect((await project.etsef('weights', 'pull')).stderr).toContain('etsef weights pull NAME')
  })
})
