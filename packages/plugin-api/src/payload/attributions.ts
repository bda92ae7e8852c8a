import { concatRows, pickRows, type Rows } from './rows.js'

/** Rows with an attribution map or vector each. */
export interface AttributionBatch extends Rows {
  readonly kind: 'attributions'
  /** Row-major float32 `[numSamples, ...shape]`, raw (signed, unscaled). */
  readonly values: Float32Array
  /** Shape of one attribution: `[height, width]` for maps, `[numFeatures]` for vectors. */
  readonly shape: readonly number[]
  /** The method, e.g. `grad-cam`. */
  readonly method: string
  /** What the values are a share of, e.g. `logit`, `margin`, `probability`. */
  readonly unit: string
  /** Class explained, per row. */
  readonly targets: Int32Array
  /** 1 where the map holds no positive evidence. */
  readonly empty: Uint8Array
  /** |sum of attributions − explained difference| per row; NaN where the method promises none. */
  readonly additivityResidual: Float64Array
}

/** The attributions at the given positions. */
export function pickAttributions(batch: AttributionBatch, indices: readonly number[]): AttributionBatch {
  const width = batch.shape.reduce((product, size) => product * size, 1)
  const values = new Float32Array(indices.length * width)
  indices.forEach((from, to) => {
    values.set(batch.values.subarray(from * width, (from + 1) * width), to * width)
  })
  return {
    ...batch,
    ...pickRows(batch, indices),
    values,
    targets: Int32Array.from(indices, (i) => batch.targets[i]!),
    empty: Uint8Array.from(indices, (i) => batch.empty[i]!),
    additivityResidual: Float64Array.from(indices, (i) => batch.additivityResidual[i]!),
  }
}

/** Several attribution batches (of one method, unit and shape) as one. */
export function concatAttributions(batches: readonly AttributionBatch[]): AttributionBatch {
  const [first] = batches
  if (!first) throw new RangeError('concatAttributions needs at least one batch')
  const values = new Float32Array(batches.reduce((total, batch) => total + batch.values.length, 0))
  let offset = 0
  for (const batch of batches) {
    values.set(batch.values, offset)
    offset += batch.values.length
  }
  return {
    ...first,
    ...concatRows(batches),
    values,
    targets: Int32Array.from(batches.flatMap((batch) => [...batch.targets])),
    empty: Uint8Array.from(batches.flatMap((batch) => [...batch.empty])),
    additivityResidual: Float64Array.from(batches.flatMap((batch) => [...batch.additivityResidual])),
  }
}
