import { PipelineError } from '@etsef/plugin-api'

/** Relative distance from additivity that rounding may cause; beyond it the attributions are of another function. */
const additivityBound = 1e-6

/**
 * How far attributions are from adding up, over all outputs of a row.
 *
 * @param values - `[numOutputs, numFeatures]`.
 * @param id - The row, for the message.
 * @returns The largest |sum + base − output|.
 * @throws PipelineError `ERR_NOT_ADDITIVE` when one is above 1e-6 · max(1, |output|), or not a number.
 */
export function checkAdditivity(
  values: Float64Array,
  { base, outputs }: { readonly base: Float64Array; readonly outputs: Float64Array },
  id: string,
): number {
  const numFeatures = values.length / outputs.length
  let worst = 0
  outputs.forEach((output, k) => {
    const sum = values.subarray(k * numFeatures, (k + 1) * numFeatures).reduce((total, value) => total + value, 0)
    const residual = Math.abs(sum + base[k]! - output)
    if (!(residual <= additivityBound * Math.max(1, Math.abs(output)))) {
      throw new PipelineError('ERR_NOT_ADDITIVE', {
        message: `The attributions of row "${id}" do not add up to the model's output ${String(k)}`,
        expected: `${String(output)} (base ${String(base[k])} and attributions)`,
        received: String(sum + base[k]!),
        hint: 'they explain another function than the model; report it to the authors of the plugin',
      })
    }
    worst = Math.max(worst, residual)
  })
  return worst
}
