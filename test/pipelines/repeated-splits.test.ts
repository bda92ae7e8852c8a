import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nadeauBengio } from '@etsef/plugin-report'
import { root, temporaryFolder } from '../support/etsef.js'

const pipeline = `
name: splits
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 16, perClass: 20, classes: [normal, ring], imagesPerPatient: 2 } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: 0.35, inputSize: 32 } }
  features: { use: backbones/extract, in: { images: split, model: start } }
  nb: { use: ensemble/naive-bayes, in: { features: features } }
  knn: { use: ensemble/knn, in: { features: features } }
  lda: { use: ensemble/lda, in: { features: features } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn, lda] } }
  oracle: { use: ensemble/oracle, in: { predictions: [nb, knn, lda] } }
  scores: { use: report/evaluate, in: { predictions: [nb, knn, lda, vote] }, with: { resamples: 100 } }
`

interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

interface Result {
  readonly numTrain: number
  readonly numTest: number
  readonly rows: readonly { readonly name: string; readonly primary: Interval; readonly difference: Interval }[]
  readonly runs: readonly { readonly scores: Readonly<Record<string, number>> }[]
}

describe('tools/repeated-splits.mjs', () => {
  const folder = temporaryFolder()
  afterAll(() => {
    folder.dispose()
  })
  let stdout = ''
  let result: Result
  beforeAll(() => {
    const file = join(folder.path, 'pipeline.yaml')
    writeFileSync(file, pipeline)
    const json = join(folder.path, 'result.json')
    const args = [
      file,
      '--splits',
      '3',
      '--members',
      'nb,knn,lda',
      '--store',
      join(folder.path, 'store'),
      '--json',
      json,
    ]
    const run = (): string => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/repeated-splits.mjs', ...args], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(status, stderr).toBe(0)
      return stdout
    }
    stdout = run()
    expect(run(), 'from the store').toBe(stdout)
    result = JSON.parse(readFileSync(json, 'utf8')) as Result
  })

  test('scores every input on splits that differ, and the oracle is above them', () => {
    expect(result.rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['nb', 'knn', 'lda', 'vote', 'oracle', 'mean of members']),
    )
    expect([result.numTrain, result.numTest]).toEqual([24, 8])
    expect(new Set(result.runs.map(({ scores }) => JSON.stringify(scores))).size).toBeGreaterThan(1)
    for (const { scores } of result.runs) {
      for (const name of ['nb', 'knn', 'lda', 'vote']) expect(scores['oracle']).toBeGreaterThanOrEqual(scores[name]!)
    }
    expect(stdout).toContain('| **vote** |')
  })

  test('the intervals are those of the corrected resampled t test', () => {
    const { numTrain, numTest, rows, runs } = result
    const { primary } = rows.find(({ name }) => name === 'nb')!
    // Against a score at an end of the interval the test gives p = 0.05.
    for (const end of [primary.low, primary.high]) {
      const differences = runs.map(({ scores }) => scores['nb']! - end)
      expect(nadeauBengio({ differences, numTrain, numTest }).p).toBeCloseTo(0.05, 9)
    }
    const { difference } = rows.find(({ name }) => name === 'knn')!
    const mean = runs.reduce((sum, { scores }) => sum + scores['vote']! - scores['knn']!, 0) / runs.length
    expect(difference.mean).toBeCloseTo(mean, 12)
  })
})
