import { collectPredictions, type PredictionBatch } from '@etsef/plugin-api'
import { openRowReader } from '@etsef/plugin-api/codec'
import {
  checkPipeline,
  isPredicted,
  keyPipeline,
  loadRegistry,
  openRun,
  readPictureFile,
  runPipeline,
  type Picture,
  type PredictedRow,
  type PredictionRow,
  type RunRecord,
} from '@etsef/runner'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { execSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { from } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, root, temporaryFolder, type CommandResult } from '../support/etsef.js'
import { writePhantoms } from '../support/phantom-folder.js'
import { png } from '../support/png.js'

const { path: dir, dispose } = temporaryFolder()
const storeDir = join(dir, 'store')
afterAll(() => {
  dispose()
})

/** Every classifier, combination, calibrator and abstention, on features of a fine-tuned and a frozen network. */
const classifiers: Readonly<Record<string, string>> = {
  svm: 'linear-svm',
  kernelSvm: 'kernel-svm',
  logistic: 'logistic-regression',
  lda: 'lda',
  nb: 'naive-bayes',
  knn: 'knn',
  forest: 'random-forest',
  boosted: 'xgboost',
  mlKnn: 'mljs/knn',
  mlForest: 'mljs/random-forest',
  mlBoosted: 'mljs/xgboost',
  crossFitted: 'cross-fit',
  tuned: 'tune',
}
const withOptions: Readonly<Record<string, string>> = {
  mlBoosted: '{ rounds: 5 }',
  crossFitted: '{ classifier: naive-bayes }',
  tuned: '{ classifier: knn, space: { neighbors: [1, 3] } }',
}
const members = '[svm, forest, nb, knn]'
const combinations: Readonly<Record<string, string>> = {
  vote: `{ use: ensemble/vote, in: { predictions: ${members} } }`,
  soft: `{ use: ensemble/vote, in: { predictions: ${members} }, with: { voting: soft } }`,
  weighted: `{ use: ensemble/weighted-vote, in: { predictions: ${members} } }`,
  given: `{ use: ensemble/weighted-vote, in: { predictions: ${members} }, with: { weights: { svm: 1, nb: 2 } } }`,
  greedy: `{ use: ensemble/greedy-selection, in: { predictions: ${members} } }`,
  stack: `{ use: ensemble/stack, in: { predictions: ${members} } }`,
  stackOutOfFold: `{ use: ensemble/stack, in: { predictions: ${members} }, with: { fitOn: outOfFold } }`,
  eliminate: `{ use: ensemble/dynamic-selection, in: { predictions: ${members}, features: selected } }`,
  union: `{ use: ensemble/dynamic-selection, in: { predictions: ${members}, features: fused }, with: { rule: union } }`,
  best: `{ use: ensemble/single-best, in: { predictions: ${members} } }`,
  scoresOfMembers: `{ use: ensemble/member-scores, in: { predictions: ${members} } }`,
  onScores: '{ use: ensemble/naive-bayes, in: { features: scoresOfMembers } }',
  temperature: '{ use: ensemble/calibrate, in: { predictions: soft } }',
  platt: '{ use: ensemble/calibrate, in: { predictions: nb }, with: { method: platt } }',
  isotonic: '{ use: ensemble/calibrate, in: { predictions: vote }, with: { method: isotonic } }',
  abstained: '{ use: ensemble/abstain, in: { predictions: temperature }, with: { margin: 0.4 } }',
  abstainedFor: '{ use: ensemble/abstain-for-accuracy, in: { predictions: soft }, with: { accuracy: 0.2 } }',
}
const answers = ['tl.predictions', ...Object.keys(classifiers), ...Object.keys(combinations)].filter(
  (name) => name !== 'scoresOfMembers',
)

const nodes = Object.entries(classifiers).map(
  ([id, type]) =>
    `  ${id}: { use: ${type.includes('/') ? type : `ensemble/${type}`}, in: { features: selected }, with: ${withOptions[id] ?? '{}'} }`,
)
const pipeline = `
name: replay
seed: 3
nodes:
  scans: { use: data/folder, with: { path: ${join(dir, 'scans')} } }
  split: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.25, test: 0.25 } }
  train: { use: augment/expand, in: { images: split }, with: { operations: [flip], copies: 1 } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_3_relu, inputSize: 32 } }
  tl: { use: backbones/finetune, in: { images: train, init: start }, with: { epochs: 1, headEpochs: 1, headHidden: [8], learningRate: 0.01 } }
  frozen: { use: backbones/extract, in: { images: train, model: start } }
  few: { use: ensemble/pca, in: { features: frozen }, with: { components: 6 } }
  tlFew: { use: ensemble/pca, in: { features: tl.features }, with: { components: 6 } }
  fused: { use: ensemble/fuse, in: { features: [tlFew, few] } }
  standard: { use: ensemble/standardize, in: { features: fused } }
  selected: { use: ensemble/select-anova, in: { features: standard }, with: { components: 8 } }
${nodes.join('\n')}
${Object.entries(combinations)
  .map(([id, node]) => `  ${id}: ${node}`)
  .join('\n')}
  scores: { use: report/evaluate, in: { predictions: [vote] }, with: { resamples: 100 } }
`

let record: RunRecord
let pictures: readonly Picture[]

beforeAll(async () => {
  const paths = writePhantoms(join(dir, 'scans'), { perClass: 40, size: 32 })
  pictures = await Promise.all(paths.map((path) => readPictureFile(path, join(dir, 'scans', path))))
  writeFileSync(join(dir, 'replay.yaml'), pipeline)
  const request = { file: join(dir, 'replay.yaml'), cwd: root, storeDir }
  record = (await runPipeline(await keyPipeline(await checkPipeline(request)))).record
  expect(Object.values(record.stages).flatMap(({ error }) => error ?? [])).toEqual([])
}, 300_000)

const predict = (...args: readonly string[]): Promise<CommandResult> =>
  etsef(['predict', record.run, ...args, '--store', storeDir])

describe('etsef predict', () => {
  const other = join(dir, 'other')
  beforeAll(async () => {
    const { ids, partitions } = await stored('vote')
    const trained = pictures.find(({ id }) => partitions[ids.indexOf(id)] === 'train')!
    writePhantoms(other, { perClass: 4, size: 32, dataSeed: 9 })
    writeFileSync(join(other, 'ring/broken.png'), 'no picture')
    writeFileSync(join(other, 'notes.txt'), 'words')
    copyFileSync(join(dir, 'scans', trained.id), join(other, 'known.png'))
  })

  test('writes the same rows as CSV, JSON lines and Parquet, a broken picture among them', async () => {
    const csv = await predict(other, '--node', 'vote')
    expect(csv.code).toBe(0)
    const [head, ...lines] = csv.stdout.trimEnd().split('\n')
    expect(head).toBe(
      'id,class,abstained,margin,predictionSet,score.nodule,score.normal,score.ring,member.svm,member.forest,member.nb,member.knn,sha256,error,message',
    )
    expect(lines).toHaveLength(14)
    expect(lines.filter((line) => line.includes('ERR_BAD_DATA'))).toEqual([
      expect.stringMatching(/^ring\/broken.png,,/),
    ])
    expect(csv.stderr).toMatch(/1 files are no pictures by their names/)
    expect(csv.stderr).toMatch(/1 of 14 pictures could not be read: ring\/broken.png/)
    const jsonl = await predict(other, '--node', 'vote', '--format', 'jsonl', '--quiet', '--batch', '5')
    const rows = jsonl.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as PredictionRow)
    expect(rows.map((row) => ('error' in row ? '' : (row.className ?? '')))).toEqual(
      lines.map((line) => line.split(',')[1]),
    )
    const out = join(dir, 'rows.parquet')
    await predict(other, '--node', 'vote', '--out', out, '--quiet')
    const table = await parquetReadObjects({ file: await asyncBufferFromFile(out) })
    expect(table.map((row: Readonly<Record<string, unknown>>) => [row['id'], row['class'], row['score.ring']])).toEqual(
      rows.map((row) => ('error' in row ? [row.id, null, null] : [row.id, row.className, row.scores['ring']])),
    )
  })

  test('takes paths from standard input', async () => {
    const list = join(dir, 'list.txt')
    writeFileSync(list, `${join(other, 'known.png')}\n`)
    const command = `"${process.execPath}" packages/runner/bin/etsef.js predict ${record.run} - --node nb --store "${storeDir}" -q < "${list}"`
    const stdout = execSync(command, { cwd: root, encoding: 'utf8' })
    expect(stdout.split('\n')[1]).toMatch(new RegExp(`^${join(other, 'known.png')},`))
  })

  test('says which pictures were learned from, and which are unlike them', async () => {
    const odd = join(dir, 'odd')
    mkdirSync(odd)
    copyFileSync(join(other, 'known.png'), join(odd, 'known.png'))
    writeFileSync(
      join(odd, 'large.png'),
      png(200, (at) => (at % 3 === 0 ? 255 : 0)),
    )
    const { stderr } = await predict(odd, '--node', 'vote')
    expect(stderr).toMatch(/1 pictures are among those .*known.png/)
    expect(stderr).toMatch(/1 of 2 pictures: coloured, where training pictures are grey \(large.png\)/)
    expect(stderr).toMatch(/1 of 2 pictures: more than twice the size of training pictures/)
  })

  test('judges an external set by its labels, and says that it is one', async () => {
    const labels = join(dir, 'labels.csv')
    const files = ['nodule', 'normal', 'ring'].flatMap((name) =>
      [0, 1, 2, 3].map((patient) => [name, patient] as const),
    )
    writeFileSync(
      labels,
      `file,class\n${files.map(([name, at]) => `${name}/p000${String(at)}-0.png,${name}\n`).join('')}`,
    )
    const { stderr, code } = await predict(other, '--node', 'vote', '--labels', labels, '--out', join(dir, 'e.csv'))
    expect(code).toBe(0)
    expect(stderr).toMatch(/EXTERNAL SET: 12 labelled pictures from outside run/)
    expect(stderr).toMatch(/vote +12 +12 +\d\.\d+ \[\d/)
    const metrics = JSON.parse(readFileSync(join(dir, 'e.csv.evaluation/metrics.json'), 'utf8')) as {
      reference: string
    }
    expect(metrics.reference).toBe('vote')
    writeFileSync(labels, 'file,class\nring/p0000-0.png,rings\n')
    const refused = await predict(other, '--node', 'vote', '--labels', labels)
    expect([refused.code, refused.stdout.split('\n')[0]]).toEqual([2, 'ERR_CLASS_LIST'])
  })

  test.each([
    ['a report', 'scores', /ERR_UNKNOWN_PORT[^]*gives no rows/],
    ['a node that is not there', 'voe', /ERR_UNKNOWN_NODE[^]*did you mean "vote"/],
    ['to choose among several answers', undefined, /ERR_UNKNOWN_NODE[^]*--node given, or --node/],
  ])('refuses %s', async (_, node, expected) => {
    const { code, stdout } = await predict(other, ...(node === undefined ? [] : ['--node', node]))
    expect(stdout).toMatch(expected)
    expect(code).toBe(2)
  })

  test('refuses what was not fitted, naming the node and the way to it', async () => {
    const copy = join(dir, 'incomplete')
    cpSync(storeDir, copy, { recursive: true })
    rmSync(join(copy, 'store', record.stages['forest:fit']!.key), { recursive: true })
    const options = { root, storeDir: copy, run: record.run, node: 'temperature' }
    await expect(openRun(options)).rejects.toMatchObject({
      code: 'ERR_NOT_REPLAYABLE',
      node: 'forest',
      received: 'forest → soft → temperature',
    })
  })
})

/** What the run itself said of its rows, by id. */
async function stored(wanted: string): Promise<PredictionBatch> {
  const [node = '', port = 'predictions'] = wanted.split('.')
  const { key } = record.stages[`${node}:apply`] ?? record.stages[node]!
  const reader = await openRowReader(join(storeDir, 'store', key, `${port}.arrow`))
  const batches: PredictionBatch[] = []
  for await (const batch of reader.batches()) batches.push(batch as PredictionBatch)
  return collectPredictions(from(batches))
}

test('is asked of every operation that gives predictions, of whatever package is installed here', async () => {
  const { plugins } = await loadRegistry(root)
  const asked = new Set(answers.map((answer) => typeOf(answer.split('.')[0]!)))
  const giving = plugins.flatMap(({ operations }) =>
    operations.filter(
      ({ kind, outputs }) =>
        // A report reads labels of test rows: nothing new is asked of it.
        kind !== 'report' && Object.values(outputs).some((output) => output.kind === 'predictions'),
    ),
  )
  expect(giving.map(({ type }) => type).filter((type) => !asked.has(type))).toEqual([])
  expect(giving.length).toBeGreaterThan(20)
})

const typeOf = (node: string): string | undefined =>
  (record.stages[`${node}:apply`] ?? record.stages[node])?.ingredients.operation

test.for([1, 64])(
  'gives what the run gave its test rows, bit for bit, in batches of %i',
  { timeout: 300_000 },
  async (batchSize: number) => {
    for (const answer of answers) {
      const own = await stored(answer)
      const { predictor } = await openRun({ root, storeDir, run: record.run, node: answer })
      const test = own.ids.flatMap((id, at) => (own.partitions[at] === 'test' ? [{ id, at }] : []))
      const asked = test.map(({ id }) => pictures.find((picture) => picture.id === id)!)
      const rows: PredictedRow[] = []
      for (let start = 0; start < asked.length; start += batchSize)
        rows.push(...(await predictor.predict(asked.slice(start, start + batchSize))).filter(isPredicted))
      await predictor.close()
      const width = own.classNames.length
      const differing = test.filter(({ at }, i) => {
        const { scores, className } = rows[i]!
        const before = own.scores.subarray(at * width, (at + 1) * width)
        return (
          className !== own.classNames[own.predicted[at]!] ||
          own.classNames.some((name, k) => !Object.is(scores[name], before[k]))
        )
      })
      expect([answer, rows.length, differing]).toEqual([answer, test.length, []])
    }
  },
)
