import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PipelineError } from '@etsef/plugin-api'
import { afterAll, expect, test } from 'vitest'
import { createProject } from '../test-fixtures/project.js'
import { parseArguments, pipelineRequest } from './cli/arguments.js'
import { formatProblem } from './cli/output.js'
import { checkPipeline } from './run/check-pipeline.js'

/** Broken pipelines, one a folder: `pipeline.yaml`, what it must be told (`expected.txt`: code and place), and how that is said. */
const corpus = fileURLToPath(new URL('../../../test/broken', import.meta.url))
const cases = readdirSync(corpus, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

const project = createProject()
afterAll(() => {
  project.remove()
})

test('the corpus has at least 100 pipelines', () => {
  expect(cases.length).toBeGreaterThanOrEqual(100)
})

test.each(cases)('%s', async (name) => {
  const dir = join(corpus, name)
  for (const file of readdirSync(dir)) project.write(`${name}/${file}`, readFileSync(join(dir, file), 'utf8'))
  const flags = existsSync(join(dir, 'arguments.json'))
    ? (JSON.parse(readFileSync(join(dir, 'arguments.json'), 'utf8')) as string[])
    : []
  const args = await parseArguments(['validate', `${name}/pipeline.yaml`, ...flags], project.dir)
  const { problems, root } = await checkPipeline(pipelineRequest(args)).catch((thrown: unknown) => {
    if (thrown instanceof PipelineError) return { problems: [thrown], root: project.dir }
    throw thrown
  })
  const found = problems
    .map(({ code, place }) =>
      place ? `${code} ${place.file.replace(`${name}/`, '')}:${place.line}:${place.column}` : code,
    )
    .sort()
  expect(found.join('\n')).toBe(readFileSync(join(dir, 'expected.txt'), 'utf8').trim())
  const text = problems.map((error) => formatProblem(error, root, args.values.set)).join('\n\n')
  await expect(`${text.replaceAll(dirname(project.dir), '')}\n`).toMatchFileSnapshot(join(dir, 'diagnostics.txt'))
})
