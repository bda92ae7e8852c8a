import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends a run with %i',
  async (signal, expected) => {
    project.write(
      'busy.yaml',
      'nodes:\n  points: { use: toy/points }\n  busy: { use: toy/trouble, in: { features: points }, with: { mode: busy } }\n',
    )
    const child = project.spawn('run', 'busy.yaml', '--store', signal)
    const exited = once(child, 'exit') as Promise<[number | null]>
    await vi.waitFor(
      () => {
        const [run] = readdirSync(join(project.dir, signal, 'runs'))
        expect(project.read(join(signal, 'runs', run!, 'events.jsonl'))).toContain('"stage-started","stage":"busy"')
      },
      { timeout: 60_000, interval: 50 },
    )
    child.kill(signal)
    expect((await exited)[0]).toBe(expected)
  },
  90_000,
)

test('a mistake of etsef itself is told apart from a node that failed', () => {
  const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const broken = 'data:text/javascript,process.cwd = () => { throw new TypeError("no such thing") }'
  const later =
    'data:text/javascript,process.on("newListener", (name) => name === "uncaughtException" && setTimeout(() => { throw new TypeError("no such thing") }))'
  for (const made of [broken, later]) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', made, cli, 'doctor'], { cwd: project.dir })
    expect([status, stderr.toString()]).toEqual([
      70,
      expect.stringMatching(/^etsef made a mistake.*TypeError: no such thing/s),
    ])
  }
})
