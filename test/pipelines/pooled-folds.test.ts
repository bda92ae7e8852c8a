import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { balancedAccuracy, confusionMatrix } from '@etsef/plugin-report'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, temporaryFolder } from '../support/etsef.js'

const pipeline = `
name: folds
seed: 1
primaryMetric: balancedAccuracy
nodes:
  scans: { use: data/phantoms, with: { size: 16, perClass: 20, classes: [normal, ring], imagesPerPatient: 2 } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: 0.35, inputSize: 32 } }
  features: { use: backbones/extract, in: { images: split, model: start } }
  nb: { use: ensemble/naive-bayes, in: { features: features } }
  knn: { use: ensemble/knn, in: { features: features } }
  lda: { use: ensemble/lda, in: { features: features } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn, lda] } }
  scores: { use: report/evaluate, in: { predictions: [nb, knn, lda, vote] }, with: { resamples: 100 } }
  figures: { use: report/figures, in: { predictions: vote, features: features } }
`

interface Trial {
  readonly keys: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly numFolds?: number
}

interface Row {
  readonly group: Readonly<Record<string, string>>
  readonly metric: string
  readonly numRepeats: number
  readonly numRows?: number
  readonly estimate: { readonly mean: number; readonly interval?: { readonly low: number; readonly high: number } }
}

const folder = temporaryFolder()
afterAll(() => {
  folder.dispose()
})
const store = join(folder.path, 'store')
const call = async (...args: string[]) => {
  const { code, stdout, stderr } = await etsef([...args, '--json', '--store', store])
  return { code, stdout, text: stdout + stderr }
}
const sweepOf = (name: string, text: string): string => {
  const file = join(folder.path, `${name}.yaml`)
  writeFileSync(join(folder.path, 'pipeline.yaml'), pipeline)
  writeFileSync(file, `pipeline: pipeline.yaml\nbase: { outputs: [scores] }\n${text}`)
  return file
}

describe('folds whose test rows are evaluated at once', () => {
  const file = sweepOf(
    'sweep',
    'grid: { knn.neighbors: [1, 3] }\nrepeat: { folds: { node: split, count: 3, pool: scores } }\n',
  )
  const pooled = 'scores pooled over 3 folds'
  let trials: readonly Trial[] = []
  beforeAll(async () => {
    const { code, text } = await call('sweep', 'run', file)
    expect(code, text).toBe(0)
    const kept = join(store, 'sweeps/sweep/trials')
    trials = readdirSync(kept).map((name) => JSON.parse(readFileSync(join(kept, name), 'utf8')) as Trial)
  })

  /** Rows of an evaluation's own table: input, id, true and predicted class. */
  const predictionsOf = (key: string): readonly Readonly<Record<string, string>>[] => {
    const dir = readdirSync(join(store, 'store'), { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(join(key, 'report', 'predictions.csv')),
    )!
    const [head, ...lines] = readFileSync(join(store, 'store', dir), 'utf8')
      .trim()
      .split(/\r?\n/)
    const names = head!.split(',')
    return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at]!, cell])))
  }

  test('give the figures of the rows that are put together by hand, each row once', () => {
    expect(trials.map(({ numFolds }) => numFolds ?? 0).sort()).toEqual([0, 0, 0, 0, 0, 0, 3, 3])
    const classes = ['normal', 'ring']
    for (const { keys, metrics } of trials.filter(({ numFolds }) => numFolds !== undefined)) {
      const rows = predictionsOf(keys[pooled]!).filter(({ input }) => input === 'vote')
      expect(new Set(rows.map(({ id }) => id)).size).toBe(40)
      expect(rows).toHaveLength(40)
      expect(metrics[`${pooled}.vote.n`]).toBe(40)
      const matching = trials.filter(
        (each) =>
          each.numFolds === undefined &&
          predictionsOf(each.keys['scores']!).every((row) =>
            predictionsOf(keys[pooled]!).some((own) => JSON.stringify(own) === JSON.stringify(row)),
          ),
      )
      expect(matching).toHaveLength(3)
      for (const name of ['nb', 'knn', 'vote']) {
        const byHand = matching
          .flatMap((each) => predictionsOf(each.keys['scores']!))
          .filter(({ input }) => input === name)
        const value = balancedAccuracy(
          confusionMatrix({
            yTrue: byHand.map((row) => classes.indexOf(row['trueClass']!)),
            yPred: byHand.map((row) => classes.indexOf(row['predictedClass']!)),
            numClasses: 2,
          }),
        )
        expect(metrics[`${pooled}.${name}.balancedAccuracy`]).toBeCloseTo(value!, 12)
      }
    }
  })

  test('stand in the table as rows of their own, with the interval of their evaluation', async () => {
    const { code, stdout, text } = await call(
      'table',
      file,
      '--baseline',
      'knn.neighbors=3',
      '--metric',
      'scores.vote.balancedAccuracy',
    )
    expect(code, text).toBe(0)
    const { rows } = JSON.parse(stdout) as { readonly rows: readonly Row[] }
    const figure = 'vote.balancedAccuracy'
    const shown = rows.map(({ group, metric, numRepeats, numRows }) => [
      group['knn.neighbors'],
      metric,
      numRepeats,
      numRows,
    ])
    expect(shown).toEqual([
      ['1', `scores.${figure}`, 3, undefined],
      ['3', `scores.${figure}`, 3, undefined],
      ['1', `${pooled}.${figure}`, 1, 40],
      ['3', `${pooled}.${figure}`, 1, 40],
    ])
    const own = trials.filter(({ numFolds }) => numFolds !== undefined)
    for (const { metric, estimate } of rows.slice(2)) {
      const { metrics } = own.find(({ metrics }) => metrics[metric] === estimate.mean)!
      expect(estimate.interval).toEqual({ low: metrics[`${metric}.low`], high: metrics[`${metric}.high`] })
    }
  })

  test('are computed once, and share what is the same in them', async () => {
    const { stdout } = await call('sweep', 'plan', file)
    const plan = JSON.parse(stdout) as { numToRun: number; numStages: number; trials: readonly object[] }
    expect(plan.numToRun).toBe(0)
    expect(plan.trials).toHaveLength(2 * 3 + 2)
    const names = Object.keys(JSON.parse(lastRecord()).stages as object)
    // Naive Bayes does not depend on the neighbours: its rows are pooled once.
    expect(names.filter((name) => name.startsWith('nb@') && !name.includes(':'))).toHaveLength(1)
    expect(names.filter((name) => name.startsWith('knn@') && !name.includes(':'))).toHaveLength(2)
    const status = JSON.parse((await call('sweep', 'status', file)).stdout) as { trials: readonly { state: string }[] }
    expect(status.trials.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'ok'))
  })

  const lastRecord = (): string => {
    const [run] = readdirSync(join(store, 'runs')).filter((name) => !name.startsWith('.'))
    return readFileSync(join(store, 'runs', run!, 'run.json'), 'utf8')
  }
})

test('what cannot be pooled is refused where the sweep names it', async () => {
  const refused = async (pool: string, more = ''): Promise<string> => {
    const { code, text } = await call(
      'sweep',
      'plan',
      sweepOf('wrong', `repeat: { folds: { count: 5, pool: ${pool} } }\n${more}`),
    )
    expect(code).not.toBe(0)
    return text
  }
  expect(await refused('skores')).toMatch(/skores.*is no node whose evaluation could be pooled/)
  expect(await refused('figures')).toMatch(/a node that reads features/)
  expect(await refused('vote')).toMatch(/ensemble\/vote, which is no report/)
  expect(await refused('scores', 'prune: { rule: median }\n')).toMatch(/Folds cannot be pooled where trials are pruned/)
})
