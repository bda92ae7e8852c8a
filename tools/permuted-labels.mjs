// Runs the shipped pipelines with labels dealt anew at the source, in small settings, and prints a Markdown table: how many scores stay inside
// the 95 % band of an exact permutation test. A score above it would be a leak on the way from the images to the vote.
//
//   node tools/permuted-labels.mjs [NAME …] [--permutations 3] [--store DIR]
//
// Needs built packages (`npm run demo` builds them). Pipelines that need ../shared/data are left out, visibly, where it is missing.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { binomialCdf, permutationTest } from '../packages/plugin-ensemble/dist/testing/permutation-test.js'
import Papa from 'papaparse'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'packages/runner/bin/etsef.js')
const shared = process.env['ETSEF_SHARED'] ?? join(root, '..', 'shared')
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    permutations: { type: 'string', default: '3' },
    store: { type: 'string', default: process.env['ETSEF_STORE'] ?? join(root, '.etsef') },
  },
})

const small = [
  'vars.size=64',
  'vars.sourceEpochs=1',
  'vars.sslEpochs=1',
  'vars.components=10',
  'intermediate.perClass=30',
]

/** Overrides that make each pipeline short; the graph and every operation stay. */
const settings = {
  demo: [
    'vars.size=32',
    'vars.perClass=60',
    'vars.components=8',
    'tlSource.epochs=2',
    'sslSource.epochs=1',
    'tl.epochs=4',
    'ssl.epochs=4',
  ],
  'brain-tumour': [...small, 'vars.epochs=2', 'target.perClass=80'],
  glaucoma: [
    ...['vars.components=10', 'intermediate.perClass=30', 'target.perClass=80', 'train.copies=1'],
    ...[
      'imagenetV2.inputSize=96',
      'imagenetV1.inputSize=96',
      'tlV2Source.epochs=1',
      'tlV1Source.epochs=1',
      'sslSource.epochs=1',
    ],
    ...['tlV2.epochs=2', 'tlV1.epochs=2', 'ssl.epochs=2'],
  ],
  'brain-tumour-features': [...small, 'target.perClass=150'],
  'glaucoma-features': [...small, 'target.perClass=150'],
  // As it is shipped: short already. Six large networks; sources are shared by all labellings.
  etsef: [],
}

const wanted = positionals.length > 0 ? positionals : Object.keys(settings)
const lines = [
  '| pipeline | labellings | test rows | scores | inside the 95 % band | vote | lowest p | vote, true labels |',
  '|---|---|---|---|---|---|---|---|',
]
let isOk = true
for (const name of wanted) {
  if (name !== 'demo' && !existsSync(join(shared, 'data'))) {
    lines.push(`| ${name} | skipped: needs ../shared/data | | | | | | |`)
    continue
  }
  const results = []
  for (let permutation = 1; permutation <= Number(options.permutations); permutation++) {
    const scores = scoresOf(name, permutation)
    if (!scores) isOk = false
    else results.push(scores)
    process.stderr.write(
      `${name} ${permutation}: ${scores ? `vote ${scores.get('vote').balancedAccuracy.toFixed(3)}` : 'failed'}\n`,
    )
  }
  // The control of the control: in the same settings the true labels are learned.
  const learned = scoresOf(name, null)
  if (!learned) isOk = false
  if (results.length > 0 && learned) lines.push(row(name, results, learned.get('vote')))
}
process.stdout.write(`${lines.join('\n')}\n`)
process.exitCode = isOk ? 0 : 1

/** Permutation test of every scored input of a run; undefined when the run failed. */
function scoresOf(name, permutation) {
  const overrides = [...settings[name], `target.permuteLabels=${permutation}`, 'scores.resamples=100']
  const args = ['run', `pipelines/${name}.yaml`, '--json', '--store', options.store, '--to', 'scores']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, ...args, ...overrides.flatMap((override) => ['--set', override])],
    { cwd: root, encoding: 'utf8', maxBuffer: 1e9 },
  )
  if (status !== 0) {
    process.stderr.write(`${stdout.slice(-1000)}\n${stderr.slice(-3000)}\n`)
    return undefined
  }
  const { run } = JSON.parse(stdout.trim().split('\n').at(-1))
  const report = readFileSync(join(options.store, 'runs', run, 'reports/scores/predictions.csv'), 'utf8')
  const byInput = new Map()
  for (const { input, group, trueClass, predictedClass } of Papa.parse(report, { header: true, skipEmptyLines: true })
    .data) {
    const rows = byInput.get(input) ?? []
    rows.push({ group, trueClass, predictedClass })
    byInput.set(input, rows)
  }
  return new Map([...byInput].map(([input, rows]) => [input, { numTest: rows.length, ...testOf(rows, permutation) }]))
}

function testOf(rows, seed) {
  const classes = [...new Set(rows.flatMap(({ trueClass, predictedClass }) => [trueClass, predictedClass]))].sort()
  return permutationTest(
    {
      labels: rows.map(({ trueClass }) => classes.indexOf(trueClass)),
      predicted: rows.map(({ predictedClass }) => classes.indexOf(predictedClass)),
      units: rows.map(({ trueClass, group }) => `${trueClass} ${group}`),
      numClasses: classes.length,
    },
    9999,
    seed,
  )
}

function row(name, results, learned) {
  const scores = results.flatMap((scores) => [...scores.values()])
  const inside = scores.filter(({ p }) => p > 0.05).length
  const votes = results.map((scores) => scores.get('vote'))
  // Scores of one labelling go together (one split, one set of features), so the vote alone is judged.
  const outside = votes.filter(({ p }) => p <= 0.05).length
  if (binomialCdf(votes.length - outside, votes.length, 0.95) < 0.01) isOk = false
  const figure = ({ balancedAccuracy, p }) =>
    `${balancedAccuracy.toFixed(3)} (p ${p < 0.01 ? p.toFixed(4) : p.toFixed(2)})`
  return `| ${[
    name,
    results.length,
    votes[0].numTest,
    scores.length,
    `${inside} (${Math.round((100 * inside) / scores.length)} %)`,
    votes.map(figure).join(', '),
    Math.min(...scores.map(({ p }) => p)).toFixed(3),
    figure(learned),
  ].join(' | ')} |`
}
