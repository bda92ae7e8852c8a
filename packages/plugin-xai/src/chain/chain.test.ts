import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng, type AttributionBatch } from '@etsef/plugin-api'
import { saveModel } from '@etsef/plugin-api/models'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { exactShapley } from '../shapley/exact-shapley.js'
import { linearShapley, outputsAt, weightsThrough, type AffineStep, type LinearOutputs } from './affine-chain.js'

const rng = createRng(3)
const numbers = (length: number): Float64Array => Float64Array.from({ length }, () => rng.normal())
const steps: AffineStep[] = [
  { means: numbers(5), rows: numbers(25) },
  { means: numbers(5), rows: numbers(15) },
]
const last: LinearOutputs = { weights: numbers(6), intercepts: numbers(2) }

describe('a chain of linear steps', () => {
  test('has the Shapley values of enumeration, which sum to the difference within 1e-9', () => {
    const [x, means] = [numbers(5), numbers(5)]
    const shares = linearShapley(weightsThrough(steps, last), x, means)
    const [at, base] = [outputsAt(x, steps, last), outputsAt(means, steps, last)]
    for (let k = 0; k < 2; k++) {
      const own = shares.subarray(5 * k, 5 * k + 5)
      expect(Math.abs(own.reduce((sum, value) => sum + value, base[k]!) - at[k]!)).toBeLessThan(1e-9)
      const game = Array.from(
        { length: 32 },
        (_, coalition) =>
          outputsAt(
            x.map((value, j) => ((coalition >> j) & 1 ? value : means[j]!)),
            steps,
            last,
          )[k]!,
      )
      exactShapley(5, game).forEach((value, j) => expect(own[j]).toBeCloseTo(value, 9))
    }
  })
  test('refuses a step of another width by its number', () => {
    expect(() => outputsAt(numbers(4), steps, last)).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH', expected: '5', received: '4' }),
    )
  })
})

describe('xai/chain', () => {
  const root = mkdtempSync(join(tmpdir(), 'etsef-chain-'))
  afterAll(() => {
    rmSync(root, { recursive: true, force: true })
  })
  const operation = plugin.operations.find(({ type }) => type === 'xai/chain')!
  const features = someFeatures({ numFeatures: 5 })
  const names = features.featureNames
  const matrix = (numSamples: number, numFeatures: number) => ({
    numSamples,
    numFeatures,
    data: numbers(numSamples * numFeatures),
  })
  const saved: Readonly<Record<string, object>> = {
    standardize: { kind: 'standardize', means: numbers(5), scales: numbers(5).map((value) => 0.5 + Math.abs(value)) },
    pca: {
      kind: 'pca',
      means: numbers(5),
      components: matrix(3, 5),
      variances: Float64Array.of(2, 1, 0.5),
      ratios: numbers(3),
      whiten: true,
    },
    'linear-svm': { kind: 'linear-svm', weights: matrix(2, 3), intercepts: numbers(2), temperature: 1 },
    forest: { kind: 'random-forest', trees: 1 },
  }
  const modelOf = (name: string) => ({ kind: 'model' as const, dir: join(root, name) })
  beforeAll(async () => {
    const { mkdirSync } = await import('node:fs')
    for (const [name, model] of Object.entries(saved)) {
      mkdirSync(join(root, name))
      await saveModel({ kind: (model as { kind: string }).kind, featureNames: names, model }, join(root, name))
    }
  })
  const explain = async (model: string, projections = ['standardize', 'pca'], rows = features) => {
    const { outputs, dispose } = await runOperation(operation, {
      inputs: {
        features: rows,
        model: modelOf(model),
        projections: projections.map((name) => ({ name, value: modelOf(name) })),
      },
    })
    dispose()
    return outputs['attributions'] as AttributionBatch
  }
  test('gives every row values that sum within 1e-9', async () => {
    const batch = await explain('linear-svm')
    expect(batch).toMatchObject({ shape: [2, 5], unit: 'margin', method: 'chain' })
    expect(Math.max(...batch.additivityResidual)).toBeLessThan(1e-9)
    expect(Math.max(...batch.values)).toBeGreaterThan(0)
  })
  test('gives rows that are all the same nothing, and flags them', async () => {
    const same = { ...features, features: features.features.map((_, at) => at % 5) }
    const { values, empty } = await explain('linear-svm', ['standardize', 'pca'], same)
    expect(values.every((value) => Math.abs(value) < 1e-9)).toBe(true)
    expect(empty.every((flag) => flag === 1)).toBe(true)
  })
  test('refuses what is not linear, and a chain with a step left out', async () => {
    await expect(explain('forest')).rejects.toMatchObject({ code: 'ERR_MODEL_KIND', port: 'model' })
    await expect(explain('linear-svm', ['standardize'])).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      port: 'projections',
    })
  })
})
