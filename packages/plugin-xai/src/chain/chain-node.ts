import {
  PipelineError,
  collectFeatures,
  rowsOf,
  type AttributionBatch,
  type EstimatorImplementation,
  type Static,
} from '@etsef/plugin-api'
import { loadModel, saveModel } from '@etsef/plugin-api/models'
import { linearShapley, outputsAt, weightsThrough, type AffineStep } from './affine-chain.js'
import type { chainInputs, chainOptions, chainOutputs } from './chain.js'
import { readOutputs, readStep } from './read-chain.js'

/** Means of the train rows: what stands for an absent column. */
interface ChainState {
  readonly kind: 'chain'
  readonly means: Float64Array
}

type Implementation = Required<
  EstimatorImplementation<Static<typeof chainOptions>, typeof chainInputs, typeof chainOutputs, ChainState>
>

/** Distance from the output, relative to it, that rounding may cause. */
const exactness = 1e-9

/** Means of the columns, in two passes: of a column that never changes it is that value, to the last bit. */
export const fit: Implementation['fit'] = async ({ inputs, ctx }) => {
  const { ids, features, featureNames } = await collectFeatures(inputs.features, ctx.signal)
  if (ids.length === 0)
    throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'There are no train rows to take means of' })
  const width = featureNames.length
  const means = new Float64Array(width)
  features.forEach((value, at) => (means[at % width]! += value / ids.length))
  const left = new Float64Array(width)
  features.forEach((value, at) => (left[at % width]! += (value - means[at % width]!) / ids.length))
  return { kind: 'chain', means: means.map((mean, j) => mean + left[j]!) }
}

/** See `saveModel`. */
export const save: Implementation['save'] = saveModel

/** The state, whose kind `loadModel` has checked. */
export const load: Implementation['load'] = async (dir) => (await loadModel(dir, 'chain')) as ChainState

/** Attributions of every row; none leaves that does not add up. */
export const open: Implementation['open'] = async ({ inputs, state: { means }, ctx }) => {
  const steps: AffineStep[] = []
  for (const { value } of inputs.projections) steps.push(await readStep(value.dir))
  const last = await readOutputs(inputs.model.dir)
  const base = outputsAt(means, steps, last)
  const weights = weightsThrough(steps, last)
  let worst = 0
  return {
    apply: (batch) => {
      const [numClasses, width] = [last.intercepts.length, means.length]
      if (batch.classNames.length !== numClasses) {
        throw new PipelineError('ERR_CLASS_LIST', {
          message: 'The model has another number of classes than the rows',
          port: 'model',
          expected: String(batch.classNames.length),
          received: String(numClasses),
        })
      }
      const values = new Float32Array(batch.ids.length * numClasses * width)
      const targets = new Int32Array(batch.ids.length)
      const empty = new Uint8Array(batch.ids.length)
      const additivityResidual = new Float64Array(batch.ids.length)
      batch.ids.forEach((id, i) => {
        const x = Float64Array.from(batch.features.subarray(i * width, (i + 1) * width))
        const outputs = outputsAt(x, steps, last)
        const own = linearShapley(weights, x, means)
        outputs.forEach((output, k) => {
          // A class without train rows has no output.
          if (!Number.isFinite(output)) return
          const sum = own.subarray(k * width, (k + 1) * width).reduce((total, value) => total + value, 0)
          const residual = Math.abs(sum + base[k]! - output)
          if (!(residual <= exactness * Math.max(1, Math.abs(output), Math.abs(base[k]!)))) {
            throw new PipelineError('ERR_NOT_ADDITIVE', {
              message: `The attributions of row "${id}" do not add up to the margin of "${batch.classNames[k]!}"`,
              expected: String(output),
              received: String(sum + base[k]!),
            })
          }
          additivityResidual[i] = Math.max(additivityResidual[i]!, residual)
        })
        worst = Math.max(worst, additivityResidual[i]!)
        values.set(own, i * numClasses * width)
        targets[i] = outputs.reduce((best, output, k) => (output > outputs[best]! ? k : best), 0)
        const target = own.subarray(targets[i] * width, (targets[i] + 1) * width)
        empty[i] = target.some((value) => value > 0) ? 0 : 1
      })
      return Promise.resolve({
        attributions: {
          kind: 'attributions',
          ...rowsOf(batch),
          ...{ values, shape: [numClasses, width], method: 'chain', unit: 'margin' },
          ...{ targets, empty, additivityResidual },
        } satisfies AttributionBatch,
      })
    },
    close: () => {
      ctx.metric('additivityResidual', worst)
      return Promise.resolve()
    },
  }
}
