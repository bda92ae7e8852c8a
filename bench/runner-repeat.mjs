// E12: stages whose artifacts differ over 3 runs × 1 and 2 workers, each in a store of its own. The whole method on a tensor engine
// (pipelines/demo.yaml, little data, few epochs), so deep learning is in it; test/pipelines/repeated-runs.test.ts does without an engine.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { report } from './runner-project.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const stores = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
const tiny = [
  ...['vars.size=32', 'vars.perClass=24', 'vars.components=6', 'intermediate.perClass=18'],
  ...['tlSource.epochs=1', 'sslSource.epochs=1', 'tl.epochs=1', 'ssl.epochs=1', 'xgb.rounds=5'],
].flatMap((override) => ['--set', override])
const runs = []
for (let repeat = 0; repeat < 3; repeat++) {
  for (const jobs of [1, 2]) {
    const store = join(stores, `${repeat}-${jobs}`)
    const command = ['run', 'pipelines/demo.yaml', ...tiny, '--json', '--jobs', String(jobs), '--store', store]
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'packages/runner/bin/etsef.js'), ...command],
      { cwd: root, encoding: 'utf8', maxBuffer: 1e9 },
    )
    if (status !== 0) throw new Error(stdout + stderr)
    const { run } = JSON.parse(stdout.trim().split('\n').at(-1))
    const record = JSON.parse(readFileSync(join(store, 'runs', run, 'run.json'), 'utf8'))
    runs.push({ engine: record.engine, stages: record.stages })
  }
}
rmSync(stores, { recursive: true, force: true })
const [first] = runs
const stages = Object.keys(first.stages).filter((id) => first.stages[id].digest)
const differing = stages.filter((id) => runs.some((run) => run.stages[id].digest !== first.stages[id].digest))
report({
  name: 'runner-repeat',
  ours: differing.length,
  bound: 0,
  unit: 'stages whose bytes differ',
  numStages: stages.length,
  numRuns: runs.length,
  engine: first.engine,
  differing,
})
