// Seconds to expand, check and plan a sweep of 1,000 trials of the shipped demo, process start included. Peer: Snakemake's dry run of 1,000 jobs
// of a paramspace with as many columns, in the same call, one after the other in turns. Beside it: status and table of 1,000 trials that are done.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProject, report, snakemakeIn, snakemakeVersion } from './runner-project.mjs'

const rounds = 5
const bounds = { expand: 2, status: 0.5, table: 1 }
const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'packages/runner/dist/cli/main.js')
const scratch = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
const project = createProject()

const selectors = ['ensemble/fast-ica', 'ensemble/pca', 'ensemble/select-anova', 'ensemble/select-mutual-information']
const components = [4, 6, 8, 12, 16]
const members = ['svm', 'xgb', 'rf', 'nb', 'knn']
const splits = Array.from({ length: 10 }, (_, i) => i + 1)

const file = join(scratch, 'sweep.yaml')
writeFileSync(
  file,
  `pipeline: ${join(root, 'pipelines/demo.yaml')}
base: { outputs: [scores] }
grid: { vars.components: ${JSON.stringify(components)}, selected.use: ${JSON.stringify(selectors)} }
ablate: { nodes: ${JSON.stringify(members)}, from: vote.predictions, baseline: false }
repeat: { splits: { node: split, count: 10 } }
`,
)
const rows = components.flatMap((k) =>
  selectors.flatMap((use) => members.flatMap((left) => splits.map((seed) => [k, use.slice(9), left, seed].join('\t')))),
)
const snakemake = snakemakeIn(
  scratch,
  'peer',
  `from snakemake.utils import Paramspace
import pandas as pd
paramspace = Paramspace(pd.read_csv("params.tsv", sep="\\t"))
rule all:
    input: expand("results/{params}.txt", params=paramspace.instance_patterns)
rule trial:
    output: f"results/{paramspace.wildcard_pattern}.txt"
    params: simulation=paramspace.instance
    shell: "touch {output}"
`,
)
mkdirSync(join(scratch, 'peer'), { recursive: true })
writeFileSync(join(scratch, 'peer/params.tsv'), `components\tselector\twithout\tsplit\n${rows.join('\n')}\n`)

/** Runs etsef on the workspace, which has the plugins of the demo. */
function etsef(...args) {
  const started = performance.now()
  const { status, stdout } = spawnSync(process.execPath, [cli, ...args, '--store', join(scratch, 'store')], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  if (status !== 0) throw new Error(stdout.slice(0, 1000))
  return { stdout, seconds: (performance.now() - started) / 1000 }
}

const times = { ours: [], peer: [] }
for (let round = 0; round < rounds; round++) {
  const ours = etsef('sweep', 'plan', file, '--json')
  const numTrials = JSON.parse(ours.stdout).trials.length
  if (numTrials !== 1000) throw new Error(`${numTrials} trials`)
  times.ours.push(ours.seconds)
  const peer = snakemake.run('-n', '--cores', '2')
  if (peer.status !== 0 || !/trial\s+1000/.test(peer.stdout))
    throw new Error(`the peer does not run (apt-get install snakemake python3-pandas): ${peer.stdout.slice(-1000)}`)
  times.peer.push(peer.seconds)
}

// A sweep of the runner's toy plugin that is done: 1,000 trials of few stages, so that it is run in seconds.
const list = (count) => JSON.stringify(Array.from({ length: count }, (_, i) => i + 1))
project.write(
  'toy.yaml',
  `name: toy
primaryMetric: accuracy
nodes:
  points: { use: toy/points, with: { numSamples: 20 } }
  split: { use: toy/split-features, in: { features: points } }
  scaled: { use: toy/scale, in: { features: split } }
  near: { use: toy/nearest, in: { features: scaled } }
  scores: { use: toy/score, in: { predictions: near } }
`,
)
project.write(
  'sweep.yaml',
  `pipeline: toy.yaml\ngrid: { scaled.factor: ${list(100)} }\nrepeat: { seeds: ${list(10)} }\n`,
)
const ran = project.etsef('sweep', 'run', 'sweep.yaml', '--json')
if (ran.status !== 0) throw new Error(ran.stdout.slice(0, 1000))
const least = (...args) =>
  Math.min(
    ...Array.from({ length: rounds }, () => {
      const { status, stdout, seconds } = project.etsef(...args)
      if (status !== 0) throw new Error(stdout.slice(0, 1000))
      return seconds
    }),
  )
const seconds = {
  status: least('sweep', 'status', 'sweep.yaml'),
  table: least('table', 'sweep.yaml', '--group-by', 'scaled.factor', '--baseline', 'scaled.factor=1'),
}
project.remove()
rmSync(scratch, { recursive: true, force: true })

const [ours, peer] = [Math.min(...times.ours), Math.min(...times.peer)]
report({
  name: 'sweep-expand',
  ours,
  peer,
  peerName: snakemakeVersion(),
  bound: bounds.expand,
  unit: 's',
  seconds: { ...seconds, allOurs: times.ours, allPeer: times.peer },
  bounds: { ...bounds, ratio: 1 },
  ok: ours <= bounds.expand && peer / ours >= 1 && seconds.status <= bounds.status && seconds.table <= bounds.table,
})
