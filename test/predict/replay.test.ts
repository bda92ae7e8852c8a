import { collectPredictions, type PredictionBatch } from '@etsef/plugin-api'
import { openRowReader } from '@etsef/plugin-api/codec'
import {
  checkPipeline,
  isPredicted,
  keyPipeline,
  openRun,
  readPictureFile,
  runPipeline,
  type Picture,
  type PredictedRow,
  type RunRecord,
} from '@etsef/runner'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { from } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, temporaryFolder } from '../support/etsef.js'
import { writePhantoms } from '../support/phantom-folder.js'

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
  mlKnn: 'ml-knn',
  mlForest: 'ml-random-forest',
  crossFitted: 'cross-fit',
  tuned: 'tune',
}
const withOptions: Readonly<Record<string, string>> = {
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
  ([id, type]) => `  ${id}: { use: ensemble/${type}, in: { features: selected }, with: ${withOptions[id] ?? '{}'} }`,
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

/** What the run itself said of its rows, by id. */
async function stored(wanted: string): Promise<PredictionBatch> {
  const [node = '', port = 'predictions'] = wanted.split('.')
  const { key } = record.stages[`${node}:apply`] ?? record.stages[node]!
  const reader = await openRowReader(join(storeDir, 'store', key, `${port}.arrow`))
  const batches: PredictionBatch[] = []
  for await (const batch of reader.batches()) batches.push(batch as PredictionBatch)
  return collectPredictions(from(batches))
}

test.for([1, 64])(
  'gives what the run gave its test rows, bit for bit, in batches of %i',
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
  300_000,
)
