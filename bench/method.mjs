// The whole method, JPEG files to a vote, beside the same method in Python (torch, torchvision, scikit-learn, xgboost; tools/peers/method.py):
// two base models from the same ImageNet weights (MobileNetV2 0.35), one trained on a source set with labels and one by SimCLR
// without; both fine-tuned on the target set; features fused, standardised, FastICA, five classifiers, hard vote.
//   wall time of whole processes from empty hands (ours: `etsef run` in a fresh store), bound 1.2 times faster than Python, at 96 and 224 px;
//   balanced accuracy of both votes on the same test pictures, at most one point apart; peak memory of all processes of a side, for information.
// Both sides read the rows of train, val and test from the same files, and have the same epochs, batch sizes, rates, options and threads.
// Trainings this small differ from seed to seed by more than a point, so nothing is left to chance that need not be: the peer has the
// first weights of our heads, our order of rows in every epoch and our views (bench/method-draws.mjs), and there is no dropout. What the
// classical half draws (start of FastICA, rows and columns of trees) cannot be shared between libraries: after the timed run, each side
// votes on its own features with further seeds, and the mean balanced accuracy over these votes counts.
// A training whose first weights are changed by a millionth moves the vote by 1.4 points all the same (docs/results/method-in-python.md), so
// of one round a difference of some points says nothing: several rounds train anew with other seeds, the sides in turns. The difference of
// the means is told with its standard error over test pictures, and over rounds.
// Both sides probe the features of the self-supervised network before and after every epoch (nearest neighbours, ridge), as
// simclr/pretrain does to tell whether it learns.
// Means of accuracies and least times count. The last line is the worst case.
//
//   npm run bench -- method [side …]          ETSEF_SHARED (../shared) has data and weights; ETSEF_PYTHON names interpreters for the peer
//   ETSEF_BENCH_ROUNDS (5, or 3 above 128 px), _THREADS (2), _PER_CLASS (40 to learn from), _TEST (300 a class), _EPOCHS (6, or 3 above 128 px), _VOTES (8) and _SEED (1) change what they say
import { loadPretrained, writeModel } from '@etsef/nn'
import { decodeImage } from '@etsef/plugin-data'
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeDraws } from './method-draws.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const shared = process.env.ETSEF_SHARED ?? join(root, '..', 'shared')
const peerScript = join(root, 'tools/peers/method.py')
const sides = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [96, 224]
const setting = (name, value) => Number(process.env[`ETSEF_BENCH_${name}`] ?? value)
const [threads, seed, votes] = [setting('THREADS', 2), setting('SEED', 1), setting('VOTES', 8)]
const [perClass, perClassTest] = [setting('PER_CLASS', 40), setting('TEST', 300)]
const width = 0.35
const bound = 1.2
const probe = `import sys; sys.path.insert(0, ${JSON.stringify(join(root, 'tools/peers'))})
import torch, sklearn, safetensors, debian_xgboost; debian_xgboost.load()`
const python = (process.env.ETSEF_PYTHON ?? 'python3')
  .split(',')
  .find((each) => spawnSync(each, ['-c', probe], { stdio: 'ignore' }).status === 0)
if (python === undefined)
  throw new Error('the peer runs in no interpreter of ETSEF_PYTHON: a bench without its peer has no result')

const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const target = splitTarget()
  const sets = { source: splitSource(), target }
  const weights = await writeStart()
  const lines = []
  for (const side of sides) {
    // Large pictures cost five times as much.
    const [epochs, rounds] = [setting('EPOCHS', side > 128 ? 3 : 6), setting('ROUNDS', side > 128 ? 3 : 5)]
    const config = {
      ...{ ...sets, weights, width, side, threads, epochs, headEpochs: 2, batchSize: 16 },
      ...{ sourceEpochs: Math.ceil(epochs / 2), sslEpochs: epochs, numFeatures: 1280, numHidden: 128 },
      // Gentle: with higher ones the smallest difference of arithmetic grows to another network.
      rates: { source: 1e-4, ssl: 3e-4, head: 1e-3, target: 1e-4 },
      components: Math.min(50, Math.floor(target.numTrain / 3)),
    }
    const ours = []
    const peer = []
    for (let round = 0; round < rounds; round++) {
      const settings = { ...config, seed: seed + round, votes, features: join(dir, 'features.npy') }
      const { seeds, ...own } = await runOurs(settings)
      ours.push(own)
      await writeDraws(dir, settings, seeds, async (file) => {
        const [height, width] = (await decodeImage(new Uint8Array(readFileSync(file)), {})).shape
        return { height, width }
      })
      peer.push(await runPeer({ ...settings, draws: dir }))
    }
    lines.push(compare(side, ours, peer))
    console.log(JSON.stringify(lines.at(-1)))
  }
  const isWorse = (a, b) => Number(a.ok) - Number(b.ok) || a.ratio - b.ratio
  const [worst] = lines.sort(isWorse)
  console.log(JSON.stringify({ ...worst, name: 'method', worst: worst.name }))
  if (!worst.ok) process.exitCode = 1

  function compare(side, ours, peer) {
    const ratio = least(peer, 'seconds') / least(ours, 'seconds')
    const balancedAccuracy = compareAccuracy(ours, peer)
    const rounds = ours.length
    return {
      name: `method ${String(side)}`,
      ours: round2(least(ours, 'seconds')),
      peer: round2(least(peer, 'seconds')),
      ratio: round2(ratio),
      bound,
      ok: ratio >= bound && Math.abs(balancedAccuracy.difference) <= 1,
      isFast: ratio >= bound,
      balancedAccuracy: { ...balancedAccuracy, isWithinAPoint: Math.abs(balancedAccuracy.difference) <= 1 },
      peakMegabytes:
        process.platform === 'linux'
          ? { ours: Math.round(least(ours, 'memory')), peer: Math.round(least(peer, 'memory')) }
          : null,
      unit: `seconds, threads: ${String(threads)}, rounds: ${String(rounds)}`,
      stages: { ours: ours[0].stages, peer: peer[0].stages },
      versions: { node: process.versions.node, ...peer[0].versions },
    }
  }

  function least(results, what) {
    return Math.min(...results.map((each) => each[what]))
  }

  /** In per cent: means over rounds of both sides; standard errors of their difference, over test pictures and over rounds. */
  function compareAccuracy(ours, peer) {
    const test = target.rows.filter(({ partition }) => partition === 'test')
    for (const predicted of [...ours, ...peer].flatMap((each) => each.voted))
      for (const { file } of test)
        if (predicted[file] === undefined) throw new Error(`a side does not say what ${file} is`)
    const names = [...new Set(test.map(({ label }) => label))]
    const classes = names.map((name) => test.filter(({ label }) => label === name))
    // Share of a round's votes that are right.
    const isHit = ({ voted }, { file, label }) => meanOf(voted.map((predicted) => Number(predicted[file] === label)))
    const balanced = (result) => meanOf(classes.map((rows) => meanOf(rows.map((row) => isHit(result, row)))))
    const [own, other] = [ours.map(balanced), peer.map(balanced)]
    const share = (results, row) => meanOf(results.map((result) => isHit(result, row)))
    const variances = classes.map(
      (rows) => varianceOf(rows.map((row) => share(ours, row) - share(peer, row))) / rows.length,
    )
    const difference = meanOf(own) - meanOf(other)
    const standardError = Math.sqrt(meanOf(variances) / classes.length)
    return {
      ours: percent(meanOf(own)),
      peer: percent(meanOf(other)),
      difference: percent(difference),
      standardError: percent(standardError),
      interval95: [-1.96, 1.96].map((factor) => percent(difference + factor * standardError)),
      numTest: test.length,
      numVotes: votes,
      of: 'means over votes with other seeds of FastICA, trees and boosting; head weights, row orders and views of the trainings are shared',
      ...(own.length > 1 && {
        ofRounds: { ours: own.map(percent), peer: other.map(percent) },
        standardErrorOfRounds: percent(Math.sqrt(varianceOf(own.map((value, at) => value - other[at])) / own.length)),
      }),
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** Pictures of the target set, one of each group, so that none is a near-duplicate of another: as many of each class. */
function splitTarget() {
  const groups = new Set()
  const rows = shuffled(readGroups('brain-tumor-mri')).filter(({ group }) => !groups.has(group) && groups.add(group))
  const numVal = Math.max(2, Math.round(perClass / 3))
  const counts = new Map()
  return writeSplit(
    'brain-tumor-mri',
    rows.flatMap((row) => {
      const at = counts.get(row.label) ?? 0
      counts.set(row.label, at + 1)
      const partition = at < perClass ? 'train' : at < perClass + numVal ? 'val' : 'test'
      return at < perClass + numVal + perClassTest ? [{ ...row, partition }] : []
    }),
  )
}

/** As many pictures of the source set; whole groups are for validation. */
function splitSource() {
  const rows = shuffled(readGroups('alzheimer-mri'))
  const groups = [...new Set(rows.map(({ group }) => group))]
  const val = new Set(groups.filter((_, at) => at % 6 === 0))
  const counts = new Map()
  return writeSplit(
    'alzheimer-mri',
    rows.flatMap((row) => {
      const partition = val.has(row.group) ? 'val' : 'train'
      const key = `${row.label} ${partition}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return counts.get(key) <= (partition === 'val' ? Math.ceil(perClass / 4) : perClass)
        ? [{ ...row, partition }]
        : []
    }),
  )
}

function readGroups(name) {
  const [, ...rows] = readFileSync(join(shared, 'data', name, 'groups.csv'), 'utf8')
    .trim()
    .split('\n')
  return rows.map((row) => {
    const [file, label, group] = row.split(',')
    return { file, label, group }
  })
}

function writeSplit(name, rows) {
  const table = join(dir, `${name}.csv`)
  const text = rows.map(({ file, label, group, partition }) => [file, label, group, partition].join(','))
  writeFileSync(table, `file,label,group,partition\n${text.join('\n')}\n`)
  const folder = join(shared, 'data', name)
  // Neither side is to be the first that reads them from disk.
  for (const { file } of rows) readFileSync(join(folder, file))
  return { folder, table, rows, numTrain: rows.filter(({ partition }) => partition === 'train').length }
}

/** In an order that is the same in every run of the bench. */
function shuffled(rows) {
  const order = [...rows]
  let state = 1
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

/** ImageNet weights of our pipelines as a state dict of torchvision's, from which both sides start. */
async function writeStart() {
  const published = join(shared, 'weights', 'teachable-mobilenet-v2-0.35-224')
  const { graph, weights, preprocessing } = await loadPretrained('mobilenetV2', published, { width })
  const model = join(dir, 'imagenet')
  await writeModel(model, { graph, weights, preprocessing, classNames: [], trainingRecord: {} })
  const out = join(dir, 'start.safetensors')
  const { status, stderr } = spawnSync(python, [peerScript, 'start', model, String(width), out], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the weights could not be made: ${stderr}`)
  return out
}

async function runOurs(config) {
  const { source, target, weights, side, epochs, headEpochs, batchSize, sourceEpochs, sslEpochs, components } = config
  const { numHidden, rates } = config
  const table = ({ folder, table }) =>
    `{ use: data/table, with: { path: ${folder}, table: ${table}, groupColumn: group, partitionColumn: partition } }`
  const training = `batchSize: ${batchSize}, dropout: 0`
  const finetuning = `${training}, epochs: ${epochs}, headEpochs: ${headEpochs}, headHidden: [${numHidden}], learningRate: ${rates.target}, headLearningRate: ${rates.head}`
  const networks = `name: bench-method
seed: ${config.seed}
nodes:
  source: ${table(source)}
  target: ${table(target)}
  imagenet: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: ${width}, variant: torch, inputSize: ${side}, weights: ${weights} } }
  tlSource: { use: backbones/pretrain, in: { images: source, init: imagenet }, with: { ${training}, epochs: ${sourceEpochs}, learningRate: ${rates.source} } }
  tl: { use: backbones/finetune, in: { images: target, init: tlSource }, with: { ${finetuning} } }
  sslSource: { use: simclr/pretrain, in: { images: source, init: imagenet }, with: { epochs: ${sslEpochs}, batchSize: 32, learningRate: ${rates.ssl} } }
  ssl: { use: backbones/finetune, in: { images: target, init: sslSource }, with: { ${finetuning} } }
  fused: { use: ensemble/fuse, in: { features: [tl.features, ssl.features] } }
  standardised: { use: ensemble/standardize, in: { features: fused } }
`
  const folder = mkdtempSync(join(dir, 'ours-'))
  const out = join(folder, 'out')
  const run = (text, to) => {
    writeFileSync(join(folder, 'bench.yaml'), text)
    mkdirSync(to)
    const program = [process.execPath, join(root, 'packages/runner/bin/etsef.js'), 'run', join(folder, 'bench.yaml')]
    return measure([...program, ...['--json', '--store', join(folder, 'store'), '-j', String(threads), '-o', to]])
  }
  const { stdout, ...measured } = await run(`${networks}${voteNodes('', components)}`, out)
  const said = JSON.parse(stdout.trim().split('\n').at(-1))
  const voted = [predictedIn(out)]
  if (votes > 1) {
    const more = Array.from({ length: votes - 1 }, (_, at) =>
      voteNodes(String(at + 1), components, config.seed + 100 + at),
    )
    const outOfMore = join(folder, 'more')
    await run(`${networks}${more.join('')}`, outOfMore)
    const folders = readdirSync(outOfMore).filter((name) => name.startsWith('scores'))
    voted.push(...folders.map((name) => predictedIn(join(outOfMore, name))))
  }
  if (voted.length !== votes) throw new Error(`our side has ${String(voted.length)} votes of ${String(votes)}`)
  return { ...measured, voted, stages: secondsOf(said), seeds: seedsOf(join(folder, 'store'), said.run) }
}

/** Nodes from standardised features to a vote that is judged; `name` ends their ids. */
function voteNodes(name, components, seed) {
  const own = seed === undefined ? '' : `, seed: ${String(seed)}`
  return `  selected${name}: { use: ensemble/fast-ica, in: { features: standardised }, with: { components: ${components} }${own} }
  svm${name}: { use: ensemble/linear-svm, in: { features: selected${name} } }
  xgb${name}: { use: ensemble/xgboost, in: { features: selected${name} }${own} }
  rf${name}: { use: ensemble/random-forest, in: { features: selected${name} }${own} }
  nb${name}: { use: ensemble/naive-bayes, in: { features: selected${name} } }
  knn${name}: { use: ensemble/knn, in: { features: selected${name} } }
  vote${name}: { use: ensemble/vote, in: { predictions: [svm${name}, xgb${name}, rf${name}, nb${name}, knn${name}] } }
  scores${name}: { use: report/evaluate, in: { predictions: vote${name} }, with: { resamples: 100 } }
`
}

/** Class of every test picture, by what a report wrote below a folder. */
function predictedIn(folder) {
  const file = readdirSync(folder, { recursive: true }).find((name) => name.endsWith('predictions.csv'))
  if (file === undefined) throw new Error('our run has no predictions.csv')
  const rows = readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((row) => row.split(','))
  const [id, className] = ['id', 'predictedClass'].map((name) => rows[0].indexOf(name))
  return Object.fromEntries(rows.slice(1).map((row) => [row[id], row[className]]))
}

/** What the nodes that train draw from, by the run's own record. */
function seedsOf(store, run) {
  const { stages } = JSON.parse(readFileSync(join(store, 'runs', run, 'run.json'), 'utf8'))
  const trained = ['tlSource', 'sslSource', 'tl', 'ssl']
  return Object.fromEntries(trained.map((name) => [name, stages[`${name}:fit`].ingredients.seed]))
}

/** Seconds of each node; some run at the same time. */
function secondsOf({ nodes }) {
  return Object.fromEntries(Object.entries(nodes).map(([name, { seconds }]) => [name, seconds]))
}

async function runPeer(config) {
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const { stdout, ...measured } = await measure([python, peerScript, 'run', file])
  const last = (text) => JSON.parse(text.trim().split('\n').at(-1))
  const { predicted, seconds: stages, versions } = last(stdout)
  const more = votes > 1 ? last((await measure([python, peerScript, 'votes', file])).stdout) : []
  return { ...measured, voted: [predicted, ...more], stages, versions }
}

/** Wall time of a process from its start to its end, and the peak of what it and its children have in memory together. */
function measure([program, ...args]) {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '2' }
  // Some machines name a kernel that is not their processor's.
  delete env.OPENBLAS_CORETYPE
  const isBound = process.platform === 'linux' && availableParallelism() > threads
  const [first, ...rest] = isBound
    ? ['taskset', '-c', `0-${String(threads - 1)}`, program, ...args]
    : [program, ...args]
  return new Promise((done, fail) => {
    const start = performance.now()
    const child = spawn(first, rest, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, memory] = ['', '', process.platform === 'linux' ? 0 : null]
    const timer = setInterval(() => {
      if (memory !== null) memory = Math.max(memory, megabytesOf(child.pid))
    }, 500)
    child.stdout.on('data', (text) => (stdout += text))
    child.stderr.on('data', (text) => (stderr += text))
    child.on('error', fail)
    child.on('close', (code) => {
      clearInterval(timer)
      const seconds = (performance.now() - start) / 1000
      if (code === 0) done({ seconds, memory, stdout })
      else fail(new Error(`${args.slice(0, 2).join(' ')} failed: ${stdout.slice(-3000)} ${stderr.slice(-3000)}`))
    })
  })
}

/** Memory of a process and all below it; what several share counts once. */
function megabytesOf(pid) {
  const children = new Map()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = readQuietly(`/proc/${name}/stat`)
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const sizeOf = (id) => {
    const [, kilobytes = 0] = /^Pss:\s+(\d+)/m.exec(readQuietly(`/proc/${String(id)}/smaps_rollup`)) ?? []
    return (children.get(id) ?? []).reduce((sum, each) => sum + sizeOf(each), Number(kilobytes) / 1024)
  }
  return sizeOf(pid)
}

/** Processes may end while they are looked at. */
function readQuietly(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function varianceOf(values) {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1)
}

function percent(share) {
  return round2(100 * share)
}

function round2(value) {
  return Math.round(value * 100) / 100
}
