// The whole bundled vote for new pictures, beside the same vote in Python: JPEG files to classes by two networks, FastICA and five
// classifiers. Peer: torch (channels_last, DataLoader with as many workers as threads), scikit-learn and xgboost, by tools/peers/predict.py.
//   pictures a second, bound 3 times the peer's; first answer from process start, bound half of the peer's time (`ratio` 2)
// Both sides have the same weights and threads, and are taken in turns; the best of the rounds counts. The last line is the worst case.
//
//   npm run bench -- predict [network …]     ETSEF_PYTHON names interpreters with torch, torchvision, scikit-learn, safetensors, xgboost
//   ETSEF_BENCH_SIDE (224), ETSEF_BENCH_PICTURES (193), ETSEF_BENCH_ROUNDS (2) and ETSEF_BENCH_THREADS (2) change what they say
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBundle } from './make-bundle.mjs'
import { writePictures } from './phantom-pictures.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const networks = process.argv.length > 2 ? process.argv.slice(2) : ['mobilenetV2', 'efficientnetB0']
const setting = (name, value) => process.env[`ETSEF_BENCH_${name}`] ?? value
const [side, threads, rounds] = [setting('SIDE', '224'), setting('THREADS', '2'), Number(setting('ROUNDS', 2))]
const numPictures = Number(setting('PICTURES', 193))
const peerScript = join(root, 'tools/peers/predict.py')
const python = (process.env.ETSEF_PYTHON ?? 'python3')
  .split(',')
  .find((each) => spawnSync(each, ['-c', 'import torch, sklearn, safetensors'], { stdio: 'ignore' }).status === 0)
if (python === undefined)
  throw new Error('the peer runs in no interpreter of ETSEF_PYTHON: a bench without its peer has no result')

const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const train = await writePictures(join(dir, 'train'), { perClass: 40, dataSeed: 1, inFolders: true })
  const pictures = await writePictures(join(dir, 'pictures'), {
    perClass: Math.ceil(numPictures / 3),
    dataSeed: 2,
    inFolders: false,
  })
  runPython('weights', dir, ...networks)
  runPython('fit', dir, train, side, threads, ...networks)
  const bundle = makeBundle(dir, { train, networks, side })
  const best = { ours: { first: Infinity, rate: 0 }, peer: { first: Infinity, rate: 0 } }
  for (let round = 0; round < rounds; round++) {
    keep('ours', await time(process.execPath, [join(root, 'bench/predict-ours.mjs'), bundle, pictures, threads]))
    keep('peer', await time(python, [peerScript, 'answer', dir, pictures, side, threads, ...networks]))
  }
  const { ours, peer } = best
  // Votes are fitted by each side for itself; what must be the same is what the networks say.
  const agreement = correlation(ours.features, peer.features)
  if (!(agreement > 0.99)) throw new Error(`both sides compute other features: correlation ${String(agreement)}`)
  const what = `${networks.join(', ')} at ${side} px, ${String(ours.numPictures)} pictures, threads: ${threads}`
  const lines = [
    line('predict pictures a second', ours.rate, peer.rate, ours.rate / peer.rate, 3),
    line('predict seconds to the first answer', ours.first, peer.first, peer.first / ours.first, 2),
  ]
  for (const each of lines)
    console.log(JSON.stringify({ ...each, what, featureCorrelation: agreement, versions: peer.versions }))
  const worst = lines.sort((a, b) => a.ratio / a.bound - b.ratio / b.bound)[0]
  console.log(JSON.stringify({ ...worst, name: 'predict', worst: worst.name }))
  if (!worst.ok) process.exitCode = 1

  function keep(name, { first, rate, ...rest }) {
    best[name] = { ...rest, first: Math.min(best[name].first, first), rate: Math.max(best[name].rate, rate) }
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function runPython(...args) {
  const { status, stderr } = spawnSync(python, [peerScript, ...args], { encoding: 'utf8', env: peerEnvironment() })
  if (status !== 0) throw new Error(`the peer failed: ${stderr}`)
}

function peerEnvironment() {
  const env = { ...process.env, OMP_NUM_THREADS: threads }
  // Some machines name a kernel that is not their processor's.
  delete env.OPENBLAS_CORETYPE
  return env
}

/** Seconds from the start of a process to its first answer, and what it says in the end. */
function time(program, args) {
  return new Promise((done, fail) => {
    const start = performance.now()
    const child = spawn(program, args, { cwd: root, env: peerEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, first] = ['', '', undefined]
    child.stdout.on('data', (text) => {
      stdout += text
      if (first === undefined && stdout.includes('first')) first = (performance.now() - start) / 1000
    })
    child.stderr.on('data', (text) => (stderr += text))
    child.on('error', fail)
    child.on('close', (code) => {
      if (code === 0) done({ ...JSON.parse(stdout.trim().split('\n').at(-1)), first })
      else fail(new Error(`${program} ${args[0]}: ${stderr.slice(-3000)}`))
    })
  })
}

function correlation(a, b) {
  const centred = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return values.map((value) => value - mean)
  }
  const [x, y] = [centred(a), centred(b)]
  const product = (p, q) => p.reduce((sum, value, at) => sum + value * q[at], 0)
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y))
}

function line(name, ours, peer, ratio, bound) {
  return { name, ours: round2(ours), peer: round2(peer), ratio: round2(ratio), bound, ok: ratio >= bound }
}

function round2(value) {
  return Math.round(value * 100) / 100
}
