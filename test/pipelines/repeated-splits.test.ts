import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  readonly interval: { readonly low: number; readonly high: number }
}

interface Table {
  readonly rows: readonly {
    readonly metric: string
    readonly numRepeats: number
    readonly estimate: Interval
    readonly difference?: Interval
    readonly p?: number
  }[]
}

interface Trial {
  readonly metrics: Readonly<Record<string, number>>
  readonly numTrain: number
  readonly numTest: number
}

describe('a sweep over splits', () => {
  const folder = temporaryFolder()
  afterAll(() => {
    folder.dispose()
  })
  const store = join(folder.path, 'store')
  const file = join(folder.path, 'sweep.yaml')
  let trials: readonly Trial[] = []
  let table: Table = { rows: [] }
  beforeAll(() => {
    writeFileSync(join(folder.path, 'pipeline.yaml'), pipeline)
    writeFileSync(file, 'pipeline: pipeline.yaml\nbase: { outputs: [scores, oracle] }\nrepeat: { splits: 3 }\n')
    const etsef = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['packages/runner/bin/etsef.js', ...args, '--json', '--store', store],
        { cwd: root, encoding: 'utf8' },
      )
      expect(status, stdout + stderr).toBe(0)
      return stdout
    }
    etsef('sweep', 'run', file)
    const kept = join(store, 'sweeps/sweep/trials')
    trials = readdirSync(kept).map((name) => JSON.parse(readFileSync(join(kept, name), 'utf8')) as Trial)
    const asked = ['--metric', 'balancedAccuracy', '--baseline', 'vote.balancedAccuracy', '--mean-of', 'nb,knn,lda']
    table = JSON.parse(etsef('table', file, ...asked)) as Table
  })
  const rowOf = (name: string) => table.rows.find(({ metric }) => metric === `${name}.balancedAccuracy`)!

  test('scores every input on splits that differ, and the oracle is above them', () => {
    const names = ['scores.nb', 'scores.knn', 'scores.lda', 'scores.vote', 'oracle', 'mean of members']
    expect(names.map((name) => rowOf(name).numRepeats)).toEqual(names.map(() => 3))
    expect(trials.map(({ numTrain, numTest }) => [numTrain, numTest])).toEqual([1, 2, 3].map(() => [24, 8]))
    expect(new Set(trials.map(({ metrics }) => JSON.stringify(metrics))).size).toBeGreaterThan(1)
    for (const { metrics } of trials)
      for (const name of names.slice(0, 4))
        expect(metrics['oracle.balancedAccuracy']).toBeGreaterThanOrEqual(metrics[`${name}.balancedAccuracy`]!)
  })

  test('the intervals are those of the corrected resampled t test', () => {
    const figures = (name: string): readonly number[] =>
      trials.map(({ metrics }) => metrics[`scores.${name}.balancedAccuracy`]!)
    const { interval } = rowOf('scores.nb').estimate
    const rows = { numTrain: 24, numTest: 8 }
    // Against a score at an end of the interval the test gives p = 0.05.
    for (const end of [interval.low, interval.high]) {
      const differences = figures('nb').map((value) => value - end)
      expect(nadeauBengio({ differences, ...rows }).p).toBeCloseTo(0.05, 9)
    }
    const { difference, p } = rowOf('scores.knn')
    const differences = figures('knn').map((value, index) => value - figures('vote')[index]!)
    expect(difference?.mean).toBeCloseTo(differences.reduce((sum, value) => sum + value, 0) / 3, 12)
    expect(p).toBeCloseTo(nadeauBengio({ differences, ...rows }).p ?? Number.NaN, 12)
  })
})
