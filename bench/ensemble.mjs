// FastICA(50), five classifiers and the vote on 6,400 × 768 training and 1,600 test rows, 8 classes, as whole processes on two
// cores, beside scikit-learn and xgboost on the same two, like for like: our exact beside their exact, our hist beside their hist.
// `npm run bench -- ensemble`. The sides take turns, and the best of the rounds counts on either side.
//
// Ours is the wall time of everything, process starts included. The peer's is told twice: inTotal, its own clock without the start
// of Python and the imports, which is what `ratio` and `ok` go by; and whole, the wall time of its process.
//
// Beside the pipeline, one at a time: the kernel SVM on the same 50 sources, its three folds for probabilities included, against
// SVC without probabilities, the third call of either process; `ok` asks for 0.7 of its speed.
//
// --rounds N    turns of each side (3)
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
const kernelSvmPeer = fileURLToPath(new URL('./ensemble-kernel-svm-peer.py', import.meta.url))
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
const args = process.argv.slice(2)
const roundsAt = args.indexOf('--rounds')
const rounds = roundsAt < 0 ? 3 : Number(args.splice(roundsAt, 2)[1])
const methods = ['exact', 'hist']
const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-ensemble-'))
try {
  try {
    execFileSync(python, [makeFeatures, dir, '--set', 'peer', ...args], {
      ...options,
      stdio: ['ignore', 'ignore', 'ignore'],
    })
  } catch {
    fail(`${python} cannot make the features; set ETSEF_PYTHON to one with numpy, scikit-learn and xgboost`)
  }
  const kernelSvm = []
  const ours = { exact: [], hist: [] }
  const peers = { exact: [], hist: [] }
  for (let round = 0; round < rounds; round++) {
    for (const method of methods) {
      ours[method].push(await runOurs(method))
      peers[method].push(await runPeer(method))
    }
    kernelSvm.push(await runKernelSvm())
  }
  report(ours, peers, kernelSvm)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

async function runPeer(method) {
  const start = performance.now()
  const { stdout } = await run(python, [peerScript, dir, '--threads', '2', '--xgb-method', method], options)
  return { whole: (performance.now() - start) / 1000, ...JSON.parse(stdout) }
}

/** Our kernel SVM and scikit-learn's, on the sources that our FastICA wrote. */
async function runKernelSvm() {
  const { stdout } = await run(process.execPath, [stageScript, dir, 'kernel_svm'], options)
  const peer = await run(python, [kernelSvmPeer, dir, '50'], options)
  return { ours: JSON.parse(stdout), peer: JSON.parse(peer.stdout) }
}

/** The pipeline from features on disk to votes, timed as a whole, starts of the two warm processes included. */
async function runOurs(method) {
  const start = performance.now()
  const processes = [0, 1].map(() => fork(stageScript, [dir, '', method]))
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

function report(ours, peers, kernelSvm) {
  const { n_train: from, n_test: n } = JSON.parse(readFileSync(`${dir}/header.json`, 'utf8'))
  const bytes = readFileSync(`${dir}/y.i32`)
  const labels = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).subarray(from)
  const accuracy = (predicted) => predicted.filter((label, i) => label === labels[i]).length / n
  const round = (value) => Math.round(value * 1e4) / 1e4
  const least = (values) => round(Math.min(...values))
  const compared = Object.fromEntries(methods.map((method) => [method, compare(ours[method], peers[method])]))
  const ratio = Math.min(...methods.map((method) => compared[method].ratio))
  const svm = compareKernelSvm()
  const stricter = methods.find((method) => compared[method].ratio === ratio)
  const line = {
    name: 'ensemble',
    ours: compared[stricter].ours,
    peer: compared[stricter].inTotal,
    ratio,
    bound: 1,
    ok:
      methods.every((method) => compared[method].ratio >= 1 && compared[method].isAccurate) &&
      svm.isFast &&
      svm.isAccurate,
    rounds,
    ...compared,
    kernelSvm: svm,
    // For information: what is quickest on either side, and what the method costs here.
    oursExactBesidePeerHist: round(compared.hist.inTotal / compared.exact.ours),
    versions: { node: process.versions.node, ...peers.exact[0].versions },
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)

  function compareKernelSvm() {
    const seconds = least(kernelSvm.map(({ ours: { fit, predict } }) => fit + predict))
    const peer = least(kernelSvm.map(({ peer: { fit_s, predict_s } }) => fit_s + predict_s))
    const own = round(accuracy(kernelSvm[0].ours.predicted))
    const peerAccuracy = round(kernelSvm[0].peer.accuracy)
    return {
      seconds,
      peer,
      ratio: round(peer / seconds),
      bound: 0.7,
      isFast: peer >= 0.7 * seconds,
      isAccurate: own >= peerAccuracy - 0.001,
      accuracy: own,
      peerAccuracy,
    }
  }

  function compare(mine, theirs) {
    const stages = {}
    for (const name of ['select', ...fits]) {
      const seconds = least(mine.map(({ stages }) => stages[name].fit + stages[name].predict))
      const peer = least(
        theirs.map(({ stages }) => stages[name].fit_s + (stages[name].predict_s ?? stages[name].transform_s)),
      )
      stages[name] = { seconds, peer, ratio: round(peer / seconds) }
      const { predicted } = mine[0].stages[name]
      if (!predicted) continue
      Object.assign(stages[name], {
        accuracy: round(accuracy(predicted)),
        peerAccuracy: theirs[0].stages[name].accuracy,
      })
    }
    const vote = { accuracy: round(accuracy(mine[0].vote)), peerAccuracy: theirs[0].stages.vote.accuracy }
    const isAccurate = vote.accuracy >= vote.peerAccuracy - 0.01
    const total = least(mine.map(({ total }) => total))
    const inTotal = least(theirs.map(({ stages }) => stages.total_s))
    const whole = least(theirs.map(({ whole }) => whole))
    return {
      ours: total,
      inTotal,
      whole,
      ratio: round(inTotal / total),
      ratioWhole: round(whole / total),
      isAccurate,
      vote: { ...vote, tieRate: round(mine[0].tieRate) },
      stages,
    }
  }
}
