import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { checkPlugin, someFeatures, somePredictions } from '@etsef/plugin-api/testing'
import plugin from './plugin.js'

const aReport = (): ReportValue => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-report-'))
  writeFileSync(join(dir, 'table.md'), '# T\n\n| a | b |\n| --- | ---: |\n| x | 1 |')
  return { kind: 'report', dir, metrics: { 'vote.accuracy': 0.75 } }
}

const predictions = (accuracy: number, seed: number) => somePredictions({ numSamples: 60, accuracy, seed })

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
    'report/figures': () => ({
      options: { iterations: 60 },
      inputs: { predictions: predictions(0.8, 1), features: someFeatures({ numSamples: 100 }) },
    }),
    'report/page': () => ({ inputs: { reports: [{ name: 'scores', value: aReport() }] } }),
  },
})
