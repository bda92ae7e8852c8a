// Chance in, chance out: the fused features of the demo and of brain-tumour-features, labels dealt anew by patient group, every selector × every
// classifier fitted on train and scored on test. In how many of 20 labellings does balanced accuracy stay inside its 95 % band?
// `npm run bench -- ensemble-chance`
//
// The band is that of an exact permutation test given the predictions and the sizes of the groups. A correct system is inside in 95 of 100, so it
// has 18 or more of 20 in 92.5 of 100 combinations: some fall below by chance alone. Those that do get 200 fresh labellings, which tell chance
// from leak; `ok` when Holm's test finds none among them, and no fewer combinations have 18 or more than expected, chance allowed for.
//
// --store DIR         where features are (default ETSEF_STORE, else .etsef); what is missing is computed there
// --rows N --columns N   rows of train and of test at most, and columns (default 120, 96): drawn once, whole groups, so that it ends within minutes
// --selectors a,b     some of them only
// --tables a,b        demo, brain-tumour-features (needs ../shared/data)
// --fresh N           fresh labellings of what falls below 18 (default 200)
// --leak              selectors are fitted on the test rows too: shows that a leak is found, ok becomes false
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@etsef/plugin-api'
import { openRowReader } from '@etsef/plugin-api/codec'
import ensemble from '@etsef/plugin-ensemble'
import mljs from '@etsef/plugin-mljs'
import { binomialCdf, holmAdjusted } from '../packages/plugin-ensemble/dist/testing/permutation-test.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'packages/runner/bin/etsef.js')
const trials = fileURLToPath(new URL('./ensemble-chance-trials.mjs', import.meta.url))
const [numFirst, alpha] = [20, 0.05]
const { values: options } = parseArgs({
  options: {
    store: { type: 'string', default: process.env['ETSEF_STORE'] ?? join(root, '.etsef') },
    rows: { type: 'string', default: '120' },
    columns: { type: 'string', default: '96' },
    tables: { type: 'string', default: 'demo,brain-tumour-features' },
    selectors: { type: 'string' },
    fresh: { type: 'string', default: '200' },
    leak: { type: 'boolean', default: false },
  },
})

const numFresh = Number(options.fresh)
const isNarrowing = ({ inputs, outputs, kind }) => kind === 'estimator' && 'features' in inputs && 'features' in outputs
const isClassifier = ({ inputs, outputs, kind, type }) =>
  kind === 'estimator' &&
  'features' in inputs &&
  'predictions' in outputs &&
  // Tuning wraps the classifiers that are tried here.
  type !== 'ensemble/tune' &&
  type !== 'ensemble/cross-fit'
const selectors = options.selectors?.split(',') ?? ensemble.operations.filter(isNarrowing).map(({ type }) => type)
const classifiers = [...ensemble.operations, ...mljs.operations].filter(isClassifier).map(({ type }) => type)

const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-chance-'))
const started = performance.now()
try {
  const tables = []
  for (const name of options.tables.split(',')) {
    if (name !== 'demo' && !existsSync(join(process.env['ETSEF_SHARED'] ?? join(root, '..', 'shared'), 'data'))) {
      process.stderr.write(`${name}: skipped, needs ../shared/data\n`)
      continue
    }
    tables.push(await compactTable(name))
  }
  const counts = await count(
    tables.flatMap(({ name, file }) => selectors.map((selector) => ({ table: name, file, selector, classifiers }))),
    { from: 1, to: numFirst },
  )
  const suspects = counts.filter(({ inside }) => inside < 18)
  const fresh = await count(groupBySelector(suspects), { from: numFirst + 1, to: numFirst + numFresh })
  report(tables, counts, fresh)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** Rows of train and test, whole groups, and columns, both drawn with a fixed seed; in a file for the two processes. */
async function compactTable(name) {
  const pipeline = join(root, 'pipelines', `${name}.yaml`)
  const common = [pipeline, '--store', options.store, '--json']
  const ran = spawnSync(process.execPath, [cli, 'run', ...common, '--to', 'fused'], {
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  if (ran.status !== 0) throw new Error(`${name}: ${ran.stdout.slice(-500)} ${ran.stderr.slice(-2000)}`)
  const plan = spawnSync(process.execPath, [cli, 'plan', ...common], { encoding: 'utf8', maxBuffer: 1e9 })
  const { key } = JSON.parse(plan.stdout.trim().split('\n').at(-1)).stages.find(({ node }) => node === 'fused')
  const { header, batches } = await openRowReader(join(options.store, 'store', key, 'features.arrow'))
  const rows = []
  for await (const batch of batches()) {
    const width = batch.features.length / batch.ids.length
    batch.ids.forEach((id, i) => {
      if (batch.partitions[i] !== 'train' && batch.partitions[i] !== 'test') return
      const features = batch.features.subarray(i * width, (i + 1) * width)
      rows.push({ id, label: batch.labels[i], group: batch.groups[i], partition: batch.partitions[i], features })
    })
  }
  const rng = createRng(1, 'ensemble-chance', name)
  const groups = rng.shuffle([...new Set(rows.map(({ group }) => group))])
  const kept = ['train', 'test'].flatMap((partition) => {
    const own = []
    for (const group of groups) {
      if (own.length < Number(options.rows))
        own.push(...rows.filter((row) => row.group === group && row.partition === partition))
    }
    return own
  })
  const columns = rng
    .shuffle(Array.from(rows[0].features, (_, j) => j))
    .slice(0, Number(options.columns))
    .sort((a, b) => a - b)
  const table = {
    ids: kept.map(({ id }) => id),
    labels: kept.map(({ label }) => label),
    groups: kept.map(({ group }) => group),
    partitions: kept.map(({ partition }) => partition),
    classNames: header.classNames,
    featureNames: columns.map((j) => `f${j}`),
    features: kept.map(({ features }) => columns.map((j) => features[j])),
  }
  const file = join(dir, `${name}.json`)
  writeFileSync(file, JSON.stringify(table))
  return {
    name,
    file,
    numTrain: table.partitions.filter((partition) => partition === 'train').length,
    numTest: table.partitions.filter((partition) => partition === 'test').length,
    numTestGroups: new Set(table.groups.filter((_, row) => table.partitions[row] === 'test')).size,
    numColumns: columns.length,
  }
}

/** Labellings inside the band, for each table, selector and classifier; two processes share the tasks. */
async function count(tasks, range) {
  const queue = [...tasks]
  const counts = []
  let numDone = 0
  const work = async () => {
    if (queue.length === 0) return
    const child = fork(trials)
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      child.send({ ...task, ...range, leak: options.leak, alpha })
      const [answer] = await once(child, 'message')
      counts.push(...answer.map((entry) => ({ table: task.table, file: task.file, selector: task.selector, ...entry })))
      process.stderr.write(`${++numDone}/${tasks.length} ${task.table} ${task.selector}\n`)
    }
    child.disconnect()
  }
  await Promise.all([work(), work()])
  return counts
}

function groupBySelector(entries) {
  const tasks = new Map()
  for (const { table, file, selector, classifier } of entries) {
    const task = tasks.get(`${table} ${selector}`) ?? { table, file, selector, classifiers: [] }
    task.classifiers.push(classifier)
    tasks.set(`${table} ${selector}`, task)
  }
  return [...tasks.values()]
}

function report(tables, counts, fresh) {
  const round = (value) => Number(value.toPrecision(4))
  const expectedShare = 1 - binomialCdf(17, numFirst, 1 - alpha)
  const adjusted = holmAdjusted(fresh.map(({ inside }) => binomialCdf(inside, numFresh, 1 - alpha)))
  const judged = fresh
    .map(({ table, selector, classifier, inside }, i) => ({
      table,
      selector,
      classifier,
      inside,
      of: numFresh,
      holmP: round(adjusted[i]),
    }))
    .sort((a, b) => a.holmP - b.holmP || a.inside - b.inside)
  const numReaching = counts.filter(({ inside }) => inside >= 18).length
  const share = numReaching / counts.length
  // Of a few combinations one below 18 is already less than the expected share, so chance is allowed for.
  const isExpected = share >= expectedShare || binomialCdf(numReaching, counts.length, expectedShare) > alpha
  const numFound = judged.filter(({ holmP }) => holmP < alpha).length
  const perTable = Object.fromEntries(
    tables.map(({ name, numTrain, numTest, numTestGroups, numColumns }) => {
      const own = counts.filter(({ table }) => table === name)
      const meanShare = own.reduce((sum, { inside }) => sum + inside, 0) / own.length / numFirst
      return [
        name,
        {
          numTrain,
          numTest,
          numTestGroups,
          numColumns,
          reaching18: own.filter(({ inside }) => inside >= 18).length,
          of: own.length,
          fewest: Math.min(...own.map(({ inside }) => inside)),
          insideShare: round(meanShare),
        },
      ]
    }),
  )
  const line = {
    name: 'ensemble-chance',
    ours: round(share),
    peer: null,
    ratio: null,
    bound: round(expectedShare),
    ok: tables.length > 0 && numFound === 0 && isExpected,
    combinations: counts.length,
    reaching18: numReaching,
    below18: counts.length - numReaching,
    below18ExpectedByChance: round(counts.length * (1 - expectedShare)),
    insideShare: round(counts.reduce((sum, { inside }) => sum + inside, 0) / counts.length / numFirst),
    worst: judged[0] ?? null,
    foundByHolm: numFound,
    followedUp: judged,
    tables: perTable,
    selectors: selectors.length,
    classifiers: classifiers.length,
    leak: options.leak,
    seconds: Math.round((performance.now() - started) / 1000),
    node: process.versions.node,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  process.exitCode = line.ok ? 0 : 1
}
