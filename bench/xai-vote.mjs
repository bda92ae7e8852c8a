// Evaluations of a whole vote a second, as Shapley values of superpixels ask for them: pictures in which absent superpixels are replaced by a background,
// through two networks, FastICA, five classifiers and their vote. Ours: a bundle's predictor. Peer: numpy, torch (channels_last), scikit-learn and xgboost
// in one process, by tools/peers/predict.py. Both sides have the same weights, pictures, superpixels, coalitions, batches of 64 and threads, and are taken
// in turns; the best of the rounds counts. Pictures are in memory, of the size of the networks' input.
//
//   npm run bench -- xai-vote [network …]     ETSEF_PYTHON names interpreters with torch, torchvision, scikit-learn, safetensors, xgboost
//   ETSEF_BENCH_CASES (2), ETSEF_BENCH_EVALUATIONS (256 of each), ETSEF_BENCH_ROUNDS (2) and ETSEF_BENCH_THREADS (2) change what they say
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toSquareRgb } from '@etsef/nn'
import { createRng } from '@etsef/plugin-api'
import { decodeImage } from '@etsef/plugin-data'
import { slic } from '@etsef/plugin-xai'
import { openBundle } from '@etsef/runner'
import { makeBundle } from './make-bundle.mjs'
import { writePictures } from './phantom-pictures.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [side, batch, bound] = [224, 64, 3]
const networks = process.argv.length > 2 ? process.argv.slice(2) : ['mobilenetV2', 'efficientnetB0']
const setting = (name, value) => Number(process.env[`ETSEF_BENCH_${name}`] ?? value)
const [numCases, evaluations] = [setting('CASES', 2), setting('EVALUATIONS', 256)]
const [rounds, threads] = [setting('ROUNDS', 2), setting('THREADS', 2)]
const peerScript = join(root, 'tools/peers/predict.py')
const python = (process.env.ETSEF_PYTHON ?? 'python3')
  .split(',')
  .find((each) => spawnSync(each, ['-c', 'import torch, sklearn, safetensors'], { stdio: 'ignore' }).status === 0)
if (python === undefined)
  throw new Error('the peer runs in no interpreter of ETSEF_PYTHON: a bench without its peer has no result')

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const train = await writePictures(join(dir, 'train'), { perClass: 40, dataSeed: 1, inFolders: true })
  runPython('weights', dir, ...networks)
  runPython('fit', dir, train, side, threads, ...networks)
  const bundle = makeBundle(dir, { train, networks, side })
  const cases = await makeCases()
  const peer = startPeer()
  const { predictor } = await openBundle({ root, dir: bundle, threads, engine: process.env.ETSEF_ENGINE })
  try {
    const best = { ours: 0, peer: 0 }
    const rows = await predictor.applyChanged(cases.map(({ image }) => image))
    const features = [...rows.get('fused.features').features]
    let said
    for (let round = 0; round < rounds; round++) {
      best.ours = Math.max(best.ours, await ourRate(predictor, cases))
      said = await peer.ask()
      best.peer = Math.max(best.peer, said.rate)
    }
    const width = said.features.length
    const agreement = correlation(features.slice(0, width), said.features)
    if (!(agreement > 0.99)) throw new Error(`both sides compute other features: correlation ${String(agreement)}`)
    const ratio = best.ours / best.peer
    const line = {
      name: 'xai-vote',
      ...{ ours: round2(best.ours), peer: round2(best.peer), ratio: round2(ratio), bound, ok: ratio >= bound },
      what: `evaluations a second, ${networks.join(', ')} at ${side} px, ${numCases} cases of ${evaluations}, threads: ${threads}`,
      ...{ featureCorrelation: agreement, torch: said.torch },
    }
    console.log(JSON.stringify(line))
    if (!line.ok) process.exitCode = 1
  } finally {
    peer.stop()
    await predictor.close()
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** Pictures, their superpixels, one background, and random coalitions: the same for both sides, which reads them from a folder. */
async function makeCases() {
  const folder = await writePictures(join(dir, 'pictures'), { perClass: numCases, dataSeed: 2, inFolders: false })
  const files = readdirSync(folder)
    .sort()
    .slice(0, numCases + 1)
  const decoded = await Promise.all(files.map((file) => decodeImage(readFileSync(join(folder, file)), file)))
  const [background, ...pixels] = decoded.map((image) => toSquareRgb(image, side))
  const rng = createRng('coalitions')
  const players = 36
  const made = pixels.map((data) => {
    const raster = { data: Float32Array.from(data, (value) => value / 255), shape: [side, side, 3] }
    const { labels } = slic(raster, { numSegments: 30, compactness: 1 })
    const coalitions = Uint8Array.from({ length: evaluations * players }, () => rng.integer(2))
    return { image: { dtype: 'uint8', shape: [side, side, 3], data }, labels, coalitions, players, background }
  })
  const to = join(dir, 'cases')
  mkdirSync(to)
  writeFileSync(join(to, 'cases.json'), JSON.stringify({ side, players, evaluations }))
  writeFileSync(join(to, 'background.bin'), background)
  writeFileSync(join(to, 'pictures.bin'), Buffer.concat(made.map(({ image }) => image.data)))
  writeFileSync(join(to, 'labels.bin'), Buffer.concat(made.map(({ labels }) => Uint8Array.from(labels))))
  writeFileSync(join(to, 'coalitions.bin'), Buffer.concat(made.map(({ coalitions }) => coalitions)))
  return made
}

async function ourRate(predictor, cases) {
  const start = performance.now()
  for (const { image, labels, coalitions, players, background } of cases) {
    for (let first = 0; first < evaluations; first += batch) {
      const changed = Array.from({ length: Math.min(batch, evaluations - first) }, (_, i) => {
        const present = coalitions.subarray((first + i) * players, (first + i + 1) * players)
        const data = Uint8Array.from(image.data)
        labels.forEach((label, pixel) => {
          if (present[label] === 1) return
          for (let at = 3 * pixel; at < 3 * pixel + 3; at++) data[at] = background[at]
        })
        return { ...image, data }
      })
      const { scores } = (await predictor.applyChanged(changed)).get('vote.predictions')
      if (!scores.every(Number.isFinite)) throw new Error('the vote has no scores')
    }
  }
  return (cases.length * evaluations * 1000) / (performance.now() - start)
}

function runPython(...args) {
  const { status, stderr } = spawnSync(python, [peerScript, ...args].map(String), {
    encoding: 'utf8',
    env: peerEnvironment(),
  })
  if (status !== 0) throw new Error(`the peer failed: ${stderr}`)
}

function peerEnvironment() {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads) }
  // Some machines name a kernel that is not their processor's.
  delete env.OPENBLAS_CORETYPE
  return env
}

/** A process that asks about all pictures anew for each line it is given. */
function startPeer() {
  const args = [peerScript, 'changed', dir, join(dir, 'cases'), side, threads, ...networks].map(String)
  const child = spawn(python, args, { env: peerEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async () => {
      child.stdin.write('round\n')
      const { value, done } = await lines.next()
      if (done) throw new Error('the peer ended before it had answered')
      return JSON.parse(value)
    },
    stop: () => child.stdin.end(),
  }
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

function round2(value) {
  return Math.round(value * 100) / 100
}
