// Training step (forward, backward, Adam; batch 16) of ours beside torch (channels_last) and Keras (oneDNN), each in its own
// process on one thread, taken in turns so that a busy machine is busy for all. The ratio is the faster peer's time over ours.
//
//   npm run bench -- nn-train [network[:side] ...]        ETSEF_PYTHON names interpreters with torch, torchvision, keras (comma-separated)
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const cases =
  wanted.length > 0 ? wanted : ['mobilenetV2:96', 'resnet50:96', 'efficientnetB0:96', 'mobilenetV2:224', 'resnet50:224']
const pythons = (process.env.ETSEF_PYTHON ?? 'python3').split(',')
const ROUNDS = 3

for (const text of cases) {
  const [network, side = '96'] = text.split(':')
  const settings = [network, side, '16', Number(side) > 128 ? '2' : '4', '1']
  const best = {}
  for (let round = 0; round < ROUNDS; round++) {
    keep(best, 'ours', run(process.execPath, [`${here}nn-train-ours.mjs`, ...settings]))
    for (const peer of ['torch', 'keras']) keep(best, peer, anyPython(peer, settings))
  }
  // Processor time: what a step costs, whoever else uses the machine.
  const peers = ['torch', 'keras'].flatMap((peer) => (best[peer] ? [best[peer].cpu] : []))
  const peer = peers.length > 0 ? Math.min(...peers) : null
  const bound = Number(side) >= 224 ? 0.9 : 0.75
  const ratio = peer === null ? null : round(peer / best.ours.cpu)
  console.log(
    JSON.stringify({
      name: `nn-train ${network} ${side}`,
      ours: round(best.ours.cpu),
      peer: peer && round(peer),
      ratio,
      bound,
      ok: ratio === null ? null : ratio >= bound,
      unit: 'ms per picture, one thread',
      all: best,
    }),
  )
}

function anyPython(peer, settings) {
  for (const python of pythons) {
    const result = run(python, [`${here}nn-train-peer.py`, peer, ...settings])
    if (result) return result
  }
  return undefined
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
