import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { leakProject, type Problem, type RunSummary } from '../support/leak-project.js'
import { defaultBounds, type HostileCase } from './hostile-case.js'
import { models } from './models.js'
import { paths } from './paths.js'
import { pictures } from './pictures.js'
import { texts } from './texts.js'
import { watchCommand, type Watched } from './watch-command.js'

/** Every kind of hostile thing, one table each. */
const tables: Readonly<Record<string, readonly HostileCase[]>> = { texts, paths, pictures, models }

/**
 * The promise is a bound on resources, so it is measured: a text that needs minutes or gigabytes before it is refused has not been
 * refused. Memory is what is promised. Processor time, not the clock, is compared, because the machine may be busy with other things;
 * sharing a core makes the same work cost more of it, hence the factor. What does not hold the promise usually misses it tenfold.
 */
const cpuMargin = 3

/** Interrupted here: Node has started, and the long ones are at work. */
const interruptAfterMs = 400

const project = leakProject()
afterAll(() => {
  project.dispose()
})

/** Problems that a command printed as JSON: of the pipeline it refuses, or of the nodes that failed. */
function problemsOf({ stdout, stderr }: Watched): readonly Problem[] {
  const line = stdout.trim().split('\n').at(-1) ?? ''
  try {
    // The object that every verb prints for a pipeline it refuses, or what `run` prints.
    const told = JSON.parse(line) as { readonly problems: readonly Problem[] } | RunSummary
    return 'problems' in told ? told.problems : Object.values(told.nodes).flatMap(({ error }) => error ?? [])
  } catch {
    throw new Error(`no problems were printed: ${stdout.slice(0, 500)} ${stderr.slice(0, 2000)}`)
  }
}

test('there are at least 40 texts and paths, each with a name of its own', () => {
  expect(texts.length + paths.length).toBeGreaterThanOrEqual(40)
  const names = Object.values(tables).flatMap((cases) => cases.map(({ name }) => name))
  expect(names).toEqual([...new Set(names)])
})

describe.skipIf(!existsSync('/proc/self/status')).each(Object.entries(tables))('%s', (table, cases) => {
  test.each(cases)('$name', async ({ name, arrange, code, place, bounds = defaultBounds }) => {
    const folder = join(table, name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase())
    const cwd = join(project.path, folder)
    mkdirSync(cwd, { recursive: true })
    const words = [...(await arrange(cwd)), '--json']
    const limits = { memoryMb: bounds.memoryMb, cpuSeconds: bounds.cpuSeconds * cpuMargin }

    const interrupted = await watchCommand(words, { cwd, limits, interruptAfterMs })
    expect(interrupted.killedFor, 'after one interrupt').toBeUndefined()

    const refused = await watchCommand(words, { cwd, limits })
    if (process.env['ETSEF_HOSTILE_FIGURES'])
      process.stderr.write(`${name}: ${refused.cpuSeconds.toFixed(2)} s, ${refused.peakMb.toFixed(0)} MB\n`)
    expect(refused.killedFor, `${refused.peakMb.toFixed(0)} MB, ${refused.cpuSeconds.toFixed(1)} s`).toBeUndefined()
    const found = problemsOf(refused)
    expect(found.map((each) => each.code)).toContain(code)
    const located = found.find((each) => each.code === code)?.place
    expect(located, 'the place of the error').toBeDefined()
    const shown = `${located?.file.replace(`${folder}/`, '')}:${located?.line}:${located?.column}:`
    if (place !== undefined) expect(shown.slice(0, place.length + 1)).toBe(`${place}:`)
  })
})
