// Training step (forward, backward, Adam; batch 16) of ours beside torch (channels_last) and Keras (oneDNN), each in its own
// process. All sides get the same number of threads, two by default. Sides are taken in turns, and the fastest step of all rounds
// counts. The ratio is the faster peer's wall time over ours; processor time is in `all`. The last line is the worst case.
//
//   npm run bench -- nn-train [network[:side] ...]        ETSEF_PYTHON names interpreters with torch, torchvision, keras (comma-separated)
//   ETSEF_BENCH_ROUNDS (3) and ETSEF_BENCH_THREADS (2) change what they say
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const networks = ['mobilenetV2', 'resnet50', 'efficientnetB0']
const cases = wanted.length > 0 ? wanted : ['96', '224'].flatMap((side) => networks.map((name) => `${name}:${side}`))
const pythons = (process.env.ETSEF_PYTHON ?? 'python3').split(',')
const rounds = Number(process.env.ETSEF_BENCH_ROUNDS ?? 3)
const threads = process.env.ETSEF_BENCH_THREADS ?? '2'

/** Every one must run: the faster of both is the bound, and which is faster depends on the network. */
const peerNames = ['torch', 'keras']
const lines = []
for (const text of cases) {
  const [network, side = '96'] = text.split(':')
  const settings = [network, side, '16', Number(side) > 128 ? '3' : '10', threads]
  const best = {}
  for (let round = 0; round < rounds; round++) {
    keep(best, 'ours', run(process.execPath, [`${here}nn-train-ours.mjs`, ...settings]))
    for (const peer of peerNames) keep(best, peer, anyPython(peer, settings))
  }
  if (!best.ours) throw new Error(`no figure of ours for ${text}`)
  const peer = Math.min(...peerNames.map((name) => best[name].wall))
  const bound = Number(side) >= 224 ? 0.9 : 0.75
  const ratio = round(peer / best.ours.wall)
  const line = {
    name: `nn-train ${network} ${side}`,
    ours: round(best.ours.wall),
    peer: round(peer),
    ratio,
    bound,
    ok: ratio >= bound,
  }
  lines.push(line)
  console.log(JSON.stringify({ ...line, unit: `ms per picture, threads: ${threads}`, all: best }))
}
const worst = lines.sort((a, b) => a.ratio / a.bound - b.ratio / b.bound)[0]
console.log(JSON.stringify({ ...worst, name: 'nn-train', worst: worst.name }))
if (!worst.ok) process.exitCode = 1

function anyPython(peer, settings) {
  for (const python of pythons) {
    const result = run(python, [`${here}nn-train-peer.py`, peer, ...settings])
    if (result) return result
  }
  throw new Error(
    `the peer ${peer} runs in none of ${pythons.join(', ')} (ETSEF_PYTHON): a bench without its peer has no result`,
  )
}

function run(program, args) {
  const { stdout, status } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  return status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : undefined
}

function keep(best, name, result) {
  if (!result) return
  const old = best[name]
  best[name] = old ? { ...result, wall: Math.min(old.wall, result.wall), cpu: Math.min(old.cpu, result.cpu) } : result
}

function round(value) {
  return Math.round(value * 100) / 100
}
