import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const project = createProject()
beforeAll(async () => {
  project.write('toy.yaml', tenStages)
  await project.etsef('run', 'toy.yaml', '-q')
})
afterAll(() => {
  project.remove()
})

test.each([
  ['--help'],
  ['validate', 'toy.yaml', '--json'],
  ['plan', 'toy.yaml', '--json'],
  ['run', 'toy.yaml', '--from', 'points', '--log', 'json'],
  ['resolve', 'toy.yaml'],
  ['graph', 'toy.yaml'],
  ['explain', 'toy.yaml', 'near'],
  ['schema'],
  ['plugins'],
  ['runs'],
  ['cache', 'du'],
  ['cache', 'gc'],
  ['cache', 'verify'],
])('%s %s: a reader that has had enough is no error', async (...args) => {
  const cli = join(import.meta.dirname, '../../dist/cli/main.js')
  const child = spawn(process.execPath, [cli, ...args], { cwd: project.dir, stdio: ['ignore', 'pipe', 'pipe'] })
  // The reader is gone before the first byte, as with `| head -0`.
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(stderr).not.toMatch(/EPIPE|^ +at /m)
  expect([code, signal]).toEqual([0, null])
})
