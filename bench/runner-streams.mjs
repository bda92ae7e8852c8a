// Growth of a stage's peak memory from 1,000 to 100,000 rows of 1,000 columns that go through three operators, for a fast, a slow and a
// leaving consumer. `npm run bench -- runner-streams 20000` for fewer rows.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createProject, report } from './runner-project.mjs'

const many = Number(process.argv[2] ?? 100_000)
const few = 1000
const consumers = ['fast', 'slow', 'leaving']
const project = createProject()
const measure = (numSamples) => {
  const nodes = consumers.map(
    (consumer) => `  ${consumer}: { use: toy/consume, in: { features: rows }, with: { consumer: ${consumer} } }`,
  )
  project.write(
    `n${numSamples}.yaml`,
    `nodes:\n  rows: { use: toy/wide, with: { numSamples: ${numSamples} } }\n${nodes.join('\n')}\n`,
  )
  const peaks = {}
  // One at a time, each in a process of its own: a worker's peak is that of all it has done.
  for (const node of ['rows', ...consumers]) {
    const { status, stdout } = project.etsef('run', `n${numSamples}.yaml`, '--only', node, '--json', '--jobs', '1')
    if (status !== 0) throw new Error(stdout)
    if (node === 'rows') continue
    const record = JSON.parse(project.etsef('runs', JSON.parse(stdout).run, '--json').stdout)
    // The record has no peak of a stage that takes no time; this operation says it itself.
    const [, peak] =
      /peak (\d+) MB/.exec(readFileSync(resolve(project.dir, '.etsef', record.stages[node].logFile), 'utf8')) ?? []
    if (peak) peaks[node] = Number(peak)
  }
  return peaks
}
const small = measure(few)
const large = measure(many)
project.remove()
const growth = Object.fromEntries(consumers.map((consumer) => [consumer, large[consumer] / small[consumer]]))
const worst = Math.max(...Object.values(growth))
report({
  name: 'runner-streams',
  ours: worst,
  bound: 1.1,
  unit: `peak memory at ${many} rows of 1,000 columns over ${few}`,
  growth,
  small,
  large,
  ok: worst <= 1.1,
})
