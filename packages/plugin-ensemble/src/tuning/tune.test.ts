import {
  definePlugin,
  type EstimatorImplementation,
  type FeatureBatch,
  type JsonObject,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { hideNames } from '@etsef/plugin-api/semantics'
import { checkPlugin, runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { of } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { knownOperation } from './known-operations.js'
import { tuners } from './tuners.js'
import { loadTuned } from './tuned-model.js'

const features = someFeatures({ numSamples: 90, numClasses: 3, numFeatures: 5, separation: 2 })
type ClassifierCode = EstimatorImplementation<JsonObject, typeof featureInputs, typeof classifierOutputs, unknown>

const [tune, crossFit] = tuners as [(typeof tuners)[0], (typeof tuners)[0]]
const knnSpace = { classifier: 'knn', space: { neighbors: [1, 5, 9], metric: ['l1', 'l2'] } }

checkPlugin(definePlugin({ name: 'ensemble', operations: tuners }), {
  cases: {
    'ensemble/tune': () => ({ options: { ...knnSpace, folds: 3 }, inputs: { features } }),
    'ensemble/cross-fit': () => ({ options: { classifier: 'naive-bayes' }, inputs: { features } }),
  },
})

async function run(operation: typeof tune, options: object, table: FeatureBatch = features, seed = '1') {
  const result = await runOperation(operation, { options: { ...options }, inputs: { features: table }, seed })
  const model = await loadTuned(result.stateDir!)
  const files = readFileSync(join(result.stateDir!, 'model.json'), 'utf8')
  result.dispose()
  return { predictions: result.outputs['predictions'] as PredictionBatch, model, files, metrics: result.metrics }
}

function accuracy({ predicted }: PredictionBatch, table: FeatureBatch, partition: string): number {
  const rows = table.partitions.flatMap((value, i) => (value === partition ? [i] : []))
  return rows.filter((i) => predicted[i] === table.labels[i]).length / rows.length
}

/** Features that say nothing. */
const noise = someFeatures({ numSamples: 400, numClasses: 2, numFeatures: 20, separation: 0, seed: 9 })

describe('ensemble/tune', () => {
  test('lists every trial and refits the best', async () => {
    const { model } = await run(tune, knnSpace)
    expect(model.trials).toHaveLength(6)
    const least = Math.min(...model.trials.map(({ loss }) => loss))
    const winner = model.trials.find(
      ({ options }) =>
        options['neighbors'] === model.options.classifier['neighbors'] &&
        options['metric'] === model.options.classifier['metric'],
    )
    expect(winner?.loss).toBe(least)
    expect(model.options.classifier).toMatchObject({ weights: 'distance' })
  })
  test('prefers many neighbours on noisy rows, where one neighbour overfits', async () => {
    const blurred = someFeatures({ numSamples: 300, numClasses: 2, numFeatures: 4, separation: 1, seed: 3 })
    const { model } = await run(
      tune,
      { classifier: 'knn', options: { weights: 'uniform' }, space: { neighbors: [1, 25] } },
      blurred,
    )
    expect(model.options.classifier).toMatchObject({ neighbors: 25, weights: 'uniform' })
  })
  test('gives val and test rows exactly what the classifier with the winning options gives', async () => {
    const { model, predictions } = await run(tune, knnSpace)
    const knn = knownOperation('knn')
    const alone = await runOperation(knn, { options: model.options.classifier, inputs: { features } })
    const { scores } = alone.outputs['predictions'] as PredictionBatch
    features.partitions.forEach((partition, i) => {
      if (partition === 'train') return
      expect([...predictions.scores.subarray(i * 3, i * 3 + 3)]).toEqual([...scores.subarray(i * 3, i * 3 + 3)])
    })
    alone.dispose()
  })
  test('never sees val or test rows: other features and labels there change no choice', async () => {
    const before = await run(tune, knnSpace)
    const elsewhere = {
      ...features,
      labels: features.labels.map((label, i) => (features.partitions[i] === 'train' ? label : (label + 1) % 3)),
      features: features.features.map((value, at) =>
        features.partitions[Math.floor(at / 5)] === 'train' ? value : -value,
      ),
    }
    const after = await run(tune, knnSpace, elsewhere)
    expect(after.model).toEqual(before.model)
    expect(after.files).toBe(before.files)
  })
  test('is not fooled by copies: images of one patient are never on both sides of a fold', async () => {
    // Noise, every row five times over in one group: a row-wise fold would find its twin and score 100 %.
    const copies = Array.from({ length: 80 }, (_, i) => i).flatMap((i) => [i, i, i, i, i])
    const table: FeatureBatch = {
      ...noise,
      ids: copies.map((i, at) => `${String(i)}-${String(at)}`),
      sourceIds: copies.map((_, at) => `s${String(at)}`),
      groups: copies.map((i) => `patient${String(i)}`),
      labels: Int32Array.from(copies, (i) => i % 2),
      partitions: copies.map(() => 'train' as const),
      features: Float32Array.from(copies.flatMap((i) => [...noise.features.subarray(i * 20, i * 20 + 20)])),
    }
    const { model } = await run(tune, { classifier: 'knn', space: { neighbors: [1, 3] } }, table)
    for (const { loss } of model.trials) expect(loss).toBeGreaterThan(0.3)
  })
  test('gives train rows scores by folds that have not seen them, unless asked for the refit', async () => {
    const options = { classifier: 'knn', space: { neighbors: [1] } }
    const honest = await run(tune, options, noise)
    expect(Math.abs(accuracy(honest.predictions, noise, 'train') - 0.5)).toBeLessThan(0.13)
    const refit = await run(tune, { ...options, trainPredictions: 'refit' }, noise)
    expect(accuracy(refit.predictions, noise, 'train')).toBe(1)
    expect(refit.model.outOfFold).toBeUndefined()
  })
  test.each(['random', 'halving'])(
    'draws the same %s trials for the same seed, and others for another',
    async (search) => {
      const options = {
        classifier: 'linear-svm',
        search,
        trials: 6,
        folds: 3,
        space: { C: { low: 0.01, high: 100, scale: 'log' } },
      }
      const [a, b, c] = [await run(tune, options), await run(tune, options), await run(tune, options, features, '2')]
      expect(b.model.trials).toEqual(a.model.trials)
      expect(c.model.trials).not.toEqual(a.model.trials)
      expect(new Set(a.model.trials.map(({ candidate }) => candidate)).size).toBe(6)
      if (search === 'halving') expect(a.model.trials.filter(({ share }) => share < 1)).toHaveLength(6)
    },
  )
  test('goes on without a setting that a fold is too small for, and fails when all are', async () => {
    const { model } = await run(tune, { classifier: 'knn', space: { neighbors: [3, 500] } })
    expect(model.options.classifier['neighbors']).toBe(3)
    expect(model.trials.map(({ loss }) => Number.isNaN(loss))).toEqual([false, true])
    await expect(run(tune, { classifier: 'knn', space: { neighbors: [500] } })).rejects.toMatchObject({
      code: 'ERR_TOO_FEW_ROWS',
    })
  })
  test('saves the files of the classifier itself, so that its readers can read them', async () => {
    const { files } = await run(tune, {
      classifier: 'random-forest',
      options: { trees: 3 },
      space: { minSamplesSplit: [2, 20] },
    })
    expect(JSON.parse(files)).toMatchObject({ kind: 'random-forest' })
  })
})

describe('plan of ensemble/tune', () => {
  function issues(options: object): string[] {
    const found: string[] = []
    const filled = { options: {}, steps: [], space: {}, search: 'grid', ...options }
    tune.plan?.({
      options: filled,
      inputs: { features: { kind: 'features' } } as never,
      issue: (at, message, details) => found.push(`${at}: ${message}${details?.hint ? ` (${details.hint})` : ''}`),
    })
    return found
  }
  test('has nothing to say of a good space', () => {
    expect(issues(knnSpace)).toEqual([])
    const space = { C: { low: 0.1, high: 10, scale: 'log' } }
    expect(issues({ classifier: 'linear-svm', search: 'random', space })).toEqual([])
  })
  test('checks steps and their searched options', () => {
    const steps = [{ use: 'pca', with: { component: 2 } }, { use: 'pca' }]
    expect(
      issues({ classifier: 'knn', steps, space: { 'pca.components': [0], 'select-anova.components': [2] } }),
    ).toEqual([
      'steps/0/with/component: pca has no option "component" (did you mean "components"?)',
      'steps/1: the step "pca" is there twice',
      'space/pca.components: pca cannot take this value',
      'space/select-anova.components: there is no step "select-anova"',
    ])
  })
  test('names an unknown option and the nearest known one', () => {
    expect(issues({ classifier: 'knn', space: { neighbor: [1] } })).toEqual([
      'space/neighbor: knn has no option "neighbor" (did you mean "neighbors"?)',
    ])
  })
  test('names a value that the classifier does not take', () => {
    expect(issues({ classifier: 'knn', space: { neighbors: [3, 0] }, options: { metric: 'l3' } })).toEqual([
      'options/metric: knn cannot take this value',
      'space/neighbors: knn cannot take this value',
    ])
  })
  test('refuses a range in a grid, an empty range, and an option both fixed and searched', () => {
    const space = { C: { low: 1, high: 0, scale: 'linear' } }
    expect(issues({ classifier: 'linear-svm', options: { C: 1 }, space })).toEqual([
      'space/C: this option is searched and fixed at once',
      'space/C: a grid needs a list of values (list the values, or set search: random)',
      'space/C: this range cannot be drawn from',
      'space/C: linear-svm cannot take this value',
    ])
  })
})

describe('steps', () => {
  const many = someFeatures({
    numSamples: 100,
    numClasses: 2,
    numFeatures: 1500,
    separation: 0,
    seed: 4,
    partition: () => 'train',
  })
  const naiveBayes = { classifier: 'naive-bayes', space: { varSmoothing: [1e-9] } }

  test('are fitted inside the folds: columns chosen from noise predict nothing there, and much when chosen outside', async () => {
    const anova = knownOperation('select-anova')
    const chosen = await runOperation(anova, { options: { components: 20 }, inputs: { features: many } })
    const outside = await run(tune, naiveBayes, { ...many, ...pickColumns(chosen.outputs['features'] as FeatureBatch) })
    chosen.dispose()
    expect(outside.model.trials[0]!.loss).toBeLessThan(0.25)
    const steps = [{ use: 'select-anova', with: { components: 20 } }]
    const inside = await run(tune, { ...naiveBayes, steps }, many)
    expect(inside.model.trials[0]!.loss).toBeGreaterThan(0.35)
  })
  test('give what the same operations give one after the other', async () => {
    const steps = [{ use: 'standardize' }, { use: 'pca', with: { components: 2 } }]
    const { predictions } = await run(crossFit, { classifier: 'knn', steps })
    let table = features
    for (const [name, options] of [
      ['standardize', {}],
      ['pca', { components: 2 }],
    ] as const) {
      const result = await runOperation(knownOperation(name), { options, inputs: { features: table } })
      table = { ...table, ...pickColumns(result.outputs['features'] as FeatureBatch) }
      result.dispose()
    }
    const alone = await runOperation(knownOperation('knn'), { inputs: { features: table } })
    const { scores } = alone.outputs['predictions'] as PredictionBatch
    features.partitions.forEach((partition, i) => {
      if (partition === 'train') return
      expect([...predictions.scores.subarray(i * 3, i * 3 + 3)]).toEqual([...scores.subarray(i * 3, i * 3 + 3)])
    })
    alone.dispose()
  })
  test('have options that can be searched', async () => {
    const space = { 'select-anova.components': [1, 3], varSmoothing: [1e-9, 0.1] }
    const { model } = await run(tune, { classifier: 'naive-bayes', steps: [{ use: 'select-anova' }], space })
    expect(model.trials).toHaveLength(4)
    expect(model.options.steps).toEqual([{ components: 3 }])
  })
})

function pickColumns({
  features: values,
  featureNames,
}: FeatureBatch): Pick<FeatureBatch, 'features' | 'featureNames'> {
  return { features: values, featureNames }
}

describe('ensemble/cross-fit', () => {
  test('gives chance on train rows of noise, where a plain fit gives certainty', async () => {
    const { predictions } = await run(crossFit, { classifier: 'knn', options: { neighbors: 1 } }, noise)
    expect(Math.abs(accuracy(predictions, noise, 'train') - 0.5)).toBeLessThan(0.13)
  })
  test('knows a training row by its image too, not by an id that a new image may share', async () => {
    const options = { classifier: 'knn', options: { neighbors: 1 } }
    const result = await runOperation(crossFit, { options, inputs: { features: noise } })
    const { open, load } = (await crossFit.load()) as Required<ClassifierCode>
    const hidden = hideNames(noise) as FeatureBatch
    const fresh = { ...hidden, sourceIds: noise.sourceIds.map((id) => `new-${id}`) }
    // Nothing of the context is used to apply.
    const ctx = { seed: '1' } as never
    const opened = await open({ options, inputs: { features: of(fresh) }, ctx, state: await load(result.stateDir!) })
    const again = (await opened.apply(hidden)).predictions
    const { predictions } = await opened.apply(fresh)
    expect(accuracy(again, noise, 'train')).toBeLessThan(0.7)
    // The nearest training row of a training row is itself: the refitted classifier is certain of it.
    expect(accuracy(predictions, noise, 'train')).toBe(1)
    result.dispose()
  })
  test('says how many groups the folds need', async () => {
    const table = { ...features, groups: features.groups.map((_, i) => (i % 2 ? 'a' : 'b')) }
    await expect(run(crossFit, { classifier: 'knn' }, table)).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
})
