// FastICA(50), five classifiers and the vote on 6,400 × 768 training and 1,600 test rows, 8 classes, as a whole process on two
// cores, beside scikit-learn and xgboost (exact and hist) on the same two: `npm run bench -- ensemble`.
//
// --rows N --test M  other sizes, for a quick look (8000 rows in all, 1600 of them test)
// ETSEF_SHARED  folder with peers/make_features.py and peers/peer_ensemble.py (default ../shared)
// ETSEF_PYTHON  a python with numpy, scikit-learn and xgboost (default python3)
import { execFile, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hardVote, matrix } from '@etsef/plugin-ensemble'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const shared = process.env['ETSEF_SHARED'] ?? join(root, '..', 'shared')
const python = process.env['ETSEF_PYTHON'] ?? 'python3'
const stageScript = fileURLToPath(new URL('./ensemble-stage.mjs', import.meta.url))
const makeFeatures = join(shared, 'peers', 'make_features.py')
const peerScript = join(shared, 'peers', 'peer_ensemble.py')
const options = { maxBuffer: 1 << 28, encoding: 'utf8' }

/** Longest first, so that two processes end together. */
const fits = ['xgboost', 'random_forest', 'knn', 'svm', 'gaussian_nb']

const fail = (reason) => {
  process.stdout.write(
    `${JSON.stringify({ name: 'ensemble', ours: null, peer: null, ratio: null, bound: 1, ok: false, reason })}\n`,
  )
  process.exit(1)
}
if (!existsSync(peerScript)) fail(`no ${peerScript}; set ETSEF_SHARED`)
const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-ensemble-'))
try {
  try {
    execFileSync(python, [makeFeatures, dir, '--set', 'peer', ...process.argv.slice(2)], {
      ...options,
      stdio: ['ignore', 'ignore', 'ignore'],
    })
  } catch {
    fail(`${python} cannot make the features; set ETSEF_PYTHON to one with numpy, scikit-learn and xgboost`)
  }
  const ours = await runOurs()
  const peers = {}
  for (const method of ['exact', 'hist']) {
    const { stdout } = await run(python, [peerScript, dir, '--threads', '2', '--xgb-method', method], options)
    peers[method] = JSON.parse(stdout)
  }
  report(ours, peers)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** The pipeline from features on disk to votes, timed as a whole, starts of the two warm processes included. */
async function runOurs() {
  const start = performance.now()
  const processes = [0, 1].map(() => fork(stageScript, [dir]))
  const stages = {}
  const runStage = async (child, name) => {
    child.send(name)
    ;[stages[name]] = await once(child, 'message')
  }
  await runStage(processes[0], 'select')
  const queue = [...fits]
  const work = async (child) => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await runStage(child, name)
    child.disconnect()
  }
  await Promise.all(processes.map(work))
  const { n_test: n, n_classes: numClasses } = JSON.parse(readFileSync(`${dir}/header.json`, 'utf8'))
  const ballots = fits.map((name) => ({
    probabilities: matrix(n, numClasses, stages[name].scores),
    predicted: Int32Array.from(stages[name].predicted),
  }))
  const { predicted, tieRate } = hardVote(ballots, { ranks: fits.map((_, m) => m) })
  return { total: (performance.now() - start) / 1000, stages, vote: predicted, tieRate }
}

function report(ours, peers) {
  const { n_train: from, n_test: n } = JSON.parse(readFileSync(`${dir}/header.json`, 'utf8'))
  const bytes = readFileSync(`${dir}/y.i32`)
  const labels = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).subarray(from)
  const accuracy = (predicted) => predicted.filter((label, i) => label === labels[i]).length / n
  const round = (value) => Math.round(value * 1e4) / 1e4
  const stages = {}
  for (const name of ['select', ...fits]) {
    const mine = ours.stages[name]
    const time = (peer) =>
      (peer.stages[name].fit_s + (peer.stages[name].predict_s ?? peer.stages[name].transform_s)) /
      (mine.fit + mine.predict)
    stages[name] = {
      seconds: round(mine.fit + mine.predict),
      ratioExact: round(time(peers.exact)),
      ratioHist: round(time(peers.hist)),
    }
    if (mine.predicted) {
      stages[name].accuracy = round(accuracy(mine.predicted))
      stages[name].peerAccuracy = peers.exact.stages[name].accuracy
    }
  }
  const vote = {
    accuracy: round(accuracy(ours.vote)),
    peerAccuracy: peers.exact.stages.vote.accuracy,
    tieRate: round(ours.tieRate),
  }
  const [exact, hist] = [peers.exact.stages.total_s, peers.hist.stages.total_s]
  const ratio = Math.min(exact, hist) / ours.total
  const isAccurate = vote.accuracy >= vote.peerAccuracy - 0.01
  const line = {
    name: 'ensemble',
    ours: round(ours.total),
    peer: round(Math.min(exact, hist)),
    ratio: round(ratio),
    bound: 1,
    ok: ratio >= 1 && isAccurate,
    ratioExact: round(exact / ours.total),
    ratioHist: round(hist / ours.total),
    vote,
    stages,
    versions: { node: process.versions.node, ...peers.exact.versions },
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
