// What views and cached gradients cost in SimCLR's training: MobileNetV2, 96 px, batch 32.
//   time     an epoch with views, over the same epoch with views that lie in memory; bound 1.15
//   memory   peak of batch 512 with cached gradients (32 pictures at a time), over that of batch 32; bound 1.2
// Both sides of `time` take turns in one process, the fastest epoch counts; each of `memory` is a process of its own.
// `peer` is the side without the cost. The last line is the worse of both.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { workerMemory } from '../packages/runner/dist/executor/worker-memory.js'

const program = fileURLToPath(new URL('simclr-step-ours.mjs', import.meta.url))
const time = run('time')
const [small, large] = [run('memory', '32'), run('memory', '512', '32')]
const lines = [
  line('simclr-step time', time.views, time.ready, 1.15, 'seconds an epoch'),
  line('simclr-step memory', large.megabytes, small.megabytes, 1.2, 'MB'),
]
for (const each of lines) process.stdout.write(`${JSON.stringify({ ...each, engine: time.engine })}\n`)
const worst = lines.sort((a, b) => b.ratio / b.bound - a.ratio / a.bound)[0]
process.stdout.write(`${JSON.stringify({ ...worst, name: 'simclr-step', worst: worst.name })}\n`)
if (!worst.ok) process.exitCode = 1

function line(name, ours, peer, bound, unit) {
  const ratio = Math.round((ours / peer) * 100) / 100
  return {
    name,
    ours: Math.round(ours * 100) / 100,
    peer: Math.round(peer * 100) / 100,
    ratio,
    bound,
    ok: ratio <= bound,
    unit,
  }
}

function run(...args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    // As a worker that trains has it.
    env: { ...process.env, ...workerMemory(true), TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}
