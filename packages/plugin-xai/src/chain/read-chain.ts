import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@etsef/plugin-api'
import { loadModel } from '@etsef/plugin-api/models'
import type { AffineStep, LinearOutputs } from './affine-chain.js'

interface StoredMatrix {
  readonly numSamples: number
  readonly numFeatures: number
  readonly data: Float64Array
}

/** What the ensemble's models say of themselves, as far as it is read here. */
interface StoredModel {
  readonly means?: Float64Array
  readonly scales?: Float64Array
  readonly components?: StoredMatrix
  readonly variances?: Float64Array
  readonly whiten?: boolean
  readonly weights?: StoredMatrix
  readonly intercepts?: Float64Array
}

async function readStored(
  dir: string,
): Promise<{ readonly model: StoredModel; readonly kind: string; readonly featureNames: readonly string[] }> {
  const { kind } = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8')) as { kind: string }
  // The ports take these models only, and their states are data of this form.
  const { model, featureNames } = (await loadModel(dir, kind)) as {
    model: StoredModel
    featureNames: readonly string[]
  }
  return { model, kind, featureNames }
}

/** A standardiser, PCA or ICA as `x → rows · (x − means)`. */
export async function readStep(dir: string): Promise<AffineStep> {
  const { model, kind } = await readStored(dir)
  const { means, scales, components, variances, whiten } = model
  if (means && scales) {
    const rows = new Float64Array(means.length ** 2)
    scales.forEach((scale, j) => (rows[j * means.length + j] = 1 / scale))
    return { means, rows }
  }
  if (means && components) {
    const scale = (k: number): number =>
      whiten === true ? (variances![k]! > 0 ? 1 / Math.sqrt(variances![k]!) : 0) : 1
    return { means, rows: components.data.map((value, at) => value * scale(Math.floor(at / components.numFeatures))) }
  }
  throw notLinear('projections', kind)
}

/** The margins of a linear classifier. */
export async function readOutputs(dir: string): Promise<LinearOutputs> {
  const { model, kind } = await readStored(dir)
  if (model.weights && model.intercepts) return { weights: model.weights.data, intercepts: model.intercepts }
  throw notLinear('model', kind)
}

function notLinear(port: string, kind: string): PipelineError {
  return new PipelineError('ERR_MODEL_KIND', {
    message: `"${kind}" is no linear function of its columns that could be carried back`,
    port,
    expected: port === 'model' ? 'linear-svm or logistic-regression' : 'standardize, pca or fast-ica',
    received: kind,
  })
}
