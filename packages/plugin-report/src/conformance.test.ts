import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributionBatch, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import { checkPlugin, someFeatures, someImages, somePredictions, someRows } from '@etsef/plugin-api/testing'
import { someFacts } from './html/testing/some-facts.js'
import plugin from './plugin.js'

/** The facts of two runs, as etsef compare writes them. */
const comparedRuns = (): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'etsef-report-')), 'compared.json')
  const { facts } = someFacts()
  writeFileSync(
    file,
    JSON.stringify({ format: 1, runs: ['1', '2'].map((run) => ({ ...facts, run })), differences: [] }),
  )
  return file
}

const aReport = (): ReportValue => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-report-'))
  writeFileSync(join(dir, 'table.md'), '# T\n\n| a | b |\n| --- | ---: |\n| x | 1 |')
  return { kind: 'report', dir, metrics: { 'vote.accuracy': 0.75 } }
}

const attributions = (): AttributionBatch => {
  const rows = someRows({ numSamples: 100 })
  return {
    kind: 'attributions',
    ...rows,
    values: Float32Array.from({ length: 100 * 2 * 6 }, (_, i) => (i % 7) - 3),
    shape: [2, 6],
    method: 'tree-shap',
    unit: 'margin',
    targets: rows.labels,
    empty: new Uint8Array(100),
    additivityResidual: new Float64Array(100).fill(1e-15),
  }
}

const predictions = (accuracy: number, seed: number) => somePredictions({ numSamples: 60, accuracy, seed })

/** Predictions of which every third row is test. */
const foldOf = (fold: number): PredictionBatch => {
  const rows = predictions(0.7, fold + 1)
  return { ...rows, partitions: rows.ids.map((_, row) => (row % 3 === fold ? 'test' : 'train')) }
}

checkPlugin(plugin, {
  cases: {
    'report/evaluate': () => ({
      options: { resamples: 100 },
      inputs: {
        predictions: [
          { name: 'svm', value: predictions(0.6, 1) },
          { name: 'knn', value: predictions(0.7, 2) },
          { name: 'vote', value: predictions(0.9, 3) },
        ],
      },
    }),
    'report/pool-folds': () => ({
      inputs: { predictions: ['0', '1', '2'].map((fold) => ({ name: `fold-${fold}`, value: foldOf(Number(fold)) })) },
    }),
    'report/figures': () => ({
      options: { maxIter: 60 },
      inputs: { predictions: predictions(0.8, 1), features: someFeatures({ numSamples: 100 }) },
    }),
    'report/attributions': () => ({
      inputs: { attributions: attributions(), features: someFeatures({ numSamples: 100 }) },
    }),
    'report/compare': () => ({
      options: { record: comparedRuns() },
      inputs: {
        reports: [
          { name: '1/scores', value: aReport() },
          { name: '2/scores', value: aReport() },
        ],
      },
    }),
    'report/sheet': () => ({ options: { rows: 3 }, inputs: { images: someImages({ numSamples: 12 }) } }),
    'report/html': () => ({ inputs: { reports: [{ name: 'scores', value: aReport() }] } }),
  },
})
