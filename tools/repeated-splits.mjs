// Runs a pipeline on several splits of its target and prints a Markdown table of every score: mean over splits, 95 % interval, and the
// difference to a reference, paired by split. What does not depend on the split is computed once: all runs share a store.
//
//   node tools/repeated-splits.mjs PIPELINE [--splits 10] [--split split] [--reference vote] [--metric balancedAccuracy] [--second macroAuroc]
//                                  [--members svm,xgb,…] [--store DIR] [--json FILE] [--set node.option=value …]
//
// --split NODE       the data/split node whose splitSeed is set to 1, 2, …
// --members NAMES    adds a row "mean of members", what one gets on average by taking one of them blindly
// --json FILE        also writes the figure of every split
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { correctedInterval } from '../packages/runner/dist/sweep/corrected-interval.js'

const cli = fileURLToPath(new URL('../packages/runner/bin/etsef.js', import.meta.url))
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    splits: { type: 'string', default: '10' },
    split: { type: 'string', default: 'split' },
    reference: { type: 'string', default: 'vote' },
    metric: { type: 'string', default: 'balancedAccuracy' },
    second: { type: 'string', default: 'macroAuroc' },
    members: { type: 'string' },
    store: { type: 'string' },
    json: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
})
const [pipeline] = positionals
const numSplits = Number(options.splits)
if (!pipeline || !(numSplits >= 2)) {
  process.stderr.write(
    'usage: node tools/repeated-splits.mjs PIPELINE [--splits N, 2 or more] …; see the head of the file\n',
  )
  process.exit(2)
}

const runs = Array.from({ length: numSplits }, (_, i) => runSplit(i + 1))
const result = summarise(runs)
if (options.json) writeFileSync(options.json, `${JSON.stringify({ pipeline, ...result, runs }, null, 1)}\n`)
process.stdout.write(markdown(result))

/** Scores of one split by name, and how many rows were fitted on and scored. */
function runSplit(splitSeed) {
  const { nodes, seconds } = etsef(splitSeed)
  process.stderr.write(`split ${splitSeed} of ${numSplits}: ${Math.round(seconds)} s\n`)
  // What nothing needed again is pruned and tells no metrics, so the split is asked for by itself.
  const counts = Object.entries(etsef(splitSeed, '--to', options.split).nodes[options.split].metrics)
  const [numTrain, numTest] = ['train.', 'test.'].map((prefix) =>
    counts.filter(([name]) => name.startsWith(prefix)).reduce((sum, [, count]) => sum + count, 0),
  )
  const scores = scoresOf(nodes, options.metric)
  // Of vote shares: a figure of its own name, which is marked.
  const ofVotes = scoresOf(nodes, `${options.second}OfVoteShares`)
  const second = { ...scoresOf(nodes, options.second), ...ofVotes }
  return { splitSeed, numTrain, numTest, scores, second, ofVotes: Object.keys(ofVotes) }
}

function etsef(splitSeed, ...more) {
  const args = ['run', pipeline, '--json', '--set', `${options.split}.splitSeed=${splitSeed}`, ...more]
  for (const override of options.set) args.push('--set', override)
  if (options.store) args.push('--store', options.store)
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', maxBuffer: 1e9 })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1))
  process.stderr.write(`split ${splitSeed} failed (exit ${status})\n${stdout.slice(-2000)}\n${stderr.slice(-4000)}\n`)
  process.exit(1)
}

/** `<input>.<metric>` of the reports that score inputs, by name, then `<metric>` of reports that score one thing (the oracle). */
function scoresOf(nodes, metric) {
  const [scores, own] = [{}, {}]
  for (const [node, { metrics = {} }] of Object.entries(nodes)) {
    for (const [key, value] of Object.entries(metrics)) {
      if (typeof value !== 'number') continue
      if (key.endsWith(`.${metric}`)) scores[key.slice(0, -metric.length - 1)] = value
      else if (key === metric) own[node] = value
    }
  }
  // A report from the store tells its metrics in another order than one that was just made.
  const byName = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...byName(scores), ...byName(own) }
}

function summarise(runs) {
  const [{ scores: first }] = runs
  const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const shared = {
    numTrain: meanOf(runs.map(({ numTrain }) => numTrain)),
    numTest: meanOf(runs.map(({ numTest }) => numTest)),
  }
  const members = options.members?.split(',')
  for (const { scores } of members ? runs : []) {
    scores['mean of members'] = meanOf(members.map((name) => scores[name]))
  }
  const reference = runs.map(({ scores }) => scores[options.reference])
  const rows = Object.keys(first).map((name) => {
    const values = runs.map(({ scores }) => scores[name])
    const second = runs.map((run) => run.second[name])
    const differences = values.map((value, i) => reference[i] - value)
    return {
      name,
      primary: correctedInterval({ values, ...shared }),
      second: second.every((value) => typeof value === 'number')
        ? correctedInterval({ values: second, ...shared })
        : null,
      isOfVotes: runs.every(({ ofVotes }) => ofVotes.includes(name)),
      difference: correctedInterval({ values: differences, ...shared }),
      better: differences.filter((difference) => difference > 1e-12).length,
      equal: differences.filter((difference) => Math.abs(difference) <= 1e-12).length,
    }
  })
  return { metric: options.metric, reference: options.reference, numSplits, ...shared, rows }
}

function markdown({ rows, reference, metric, numTrain, numTest }) {
  const lines = [
    `| | ${metric} | ${options.second} | ${reference} − it | ${reference} better / equal / worse |`,
    '|---|---|---|---|---|',
  ]
  for (const { name, primary, second, isOfVotes, difference, better, equal } of rows) {
    const isReference = name === reference
    lines.push(
      `| ${isReference ? `**${name}**` : name} | ${interval(primary)} | ${second ? `${interval(second)}${isOfVotes ? ' (votes)' : ''}` : '–'} | ${
        isReference ? 'reference' : interval(difference, true)
      } | ${isReference ? '' : `${better} / ${equal} / ${numSplits - better - equal}`} |`,
    )
  }
  return `${lines.join('\n')}\n\n${numSplits} splits of about ${Math.round(numTrain)} train and ${Math.round(numTest)} test rows; corrected resampled t intervals, 95 %.${rows.some(({ isOfVotes }) => isOfVotes) ? ` (votes): ${options.second} of vote shares, which rank rows in few steps; not to be compared with the others.` : ''}\n`
}

function interval({ mean, low, high }, isSigned = false) {
  const figure = (value) => `${isSigned && value >= 0 ? '+' : ''}${value.toFixed(3)}`.replace('-', '−')
  return `${figure(mean)} [${figure(low)}, ${figure(high)}]`
}
