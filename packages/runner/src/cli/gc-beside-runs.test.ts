import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

/** `ETSEF_GC_RUNS=20` for the full figure. */
const numRuns = Number(process.env['ETSEF_GC_RUNS'] ?? 3)

const project = createProject()
afterAll(() => {
  project.remove()
})

/** Flags that keep as little as can be. */
const flags = [
  [],
  ['--keep-runs', '0'],
  ['--keep-runs', '0', '--max-bytes', '0'],
  ['--max-bytes', '1'],
  ['--keep-runs', '1'],
]

test(`cache gc beside ${numRuns} runs, with any flags, loses nothing of them`, async () => {
  const store = join(project.dir, 'store')
  const chain = Array.from(
    { length: 5 },
    (_, i) =>
      `  s${i}: { use: toy/scale, in: { features: ${i === 0 ? 'split' : `s${i - 1}`} }, with: { factor: ${i + 2}, delayMs: 150 } }\n`,
  )
  project.write(
    'slow.yaml',
    `seed: 0\nnodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n${chain.join('')}  near: { use: toy/nearest, in: { features: s4 } }\n  scores: { use: toy/score, in: { predictions: near } }\n`,
  )
  // Every second run finds its first stages cached: they must be kept as well while it goes on.
  await project.etsef('run', 'slow.yaml', '--store', store, '-q', '--to', 's1')
  const children = Array.from({ length: numRuns }, (_, i) =>
    project.spawn('run', 'slow.yaml', '--store', store, '-q', '--jobs', '1', '--seed', String(i % 2 ? 0 : i)),
  )
  const exits = Promise.all(children.map(async (child) => (await once(child, 'exit')) as [number | null]))
  for (let i = 0; children.some((child) => child.exitCode === null); i++) {
    const gc = await project.etsef('cache', 'gc', ...flags[i % flags.length]!, '--store', store)
    expect(gc).toMatchObject({ code: 0, stderr: '' })
  }
  expect((await exits).map(([code]) => code)).toEqual(children.map(() => 0))
}, 600_000)

test('a run that goes on keeps its record, its log folder, its inputs and what it has made', async () => {
  const store = join(project.dir, 'held')
  const flag = join(project.dir, 'go-on')
  project.write('held/in/a1', 'x')
  project.write(
    'held.yaml',
    `nodes:\n  points: { use: toy/points, with: { numSamples: 20 } }\n  split: { use: toy/split-features, in: { features: points } }\n  before: { use: toy/scale, in: { features: split } }\n  files: { use: toy/files, with: { path: held/in, flag: "${flag}" } }\n`,
  )
  await project.etsef('run', 'held.yaml', '--store', store, '-q', '--to', 'split')
  const child = project.spawn('run', 'held.yaml', '--store', store, '-q', '--jobs', '1')
  const exited = once(child, 'exit') as Promise<[number | null]>
  const numArtifacts = (): number => readdirSync(join(store, 'store')).length
  while (numArtifacts() < 3) await new Promise((resolve) => setTimeout(resolve, 20))
  const runs = readdirSync(join(store, 'runs'))
  const gc = await project.etsef('cache', 'gc', '--keep-runs', '0', '--store', store, '--json')
  const left = readdirSync(join(store, 'runs'))
  expect(left).toEqual([runs.sort().at(-1)])
  expect(readdirSync(join(store, 'logs'))).toEqual(left)
  expect(JSON.parse(gc.stdout)).toMatchObject({ removed: [], numKept: 3 })
  project.write('go-on', '')
  expect((await exited)[0]).toBe(0)
  // The last run has ended, so nothing is kept for its sake any more.
  await project.etsef('cache', 'gc', '--keep-runs', '0', '--store', store)
  expect(numArtifacts()).toBe(0)
  expect(existsSync(join(store, 'runs', left[0]!))).toBe(false)
}, 120_000)
