import { PipelineError } from '@etsef/plugin-api'
import type { AttributionBatch, Partition } from '@etsef/plugin-api'

/** A column, or a source: the columns of one base model. */
export interface MeanAttribution {
  readonly name: string
  /** Mean over rows of the absolute value, per class. For a source: of the absolute sum over its columns. */
  readonly perClass: Float64Array
  /** Sum of `perClass`. */
  readonly total: number
  /** For a source: sum of its columns' totals, in which opposite values do not cancel. */
  readonly columnTotal: number
}

/** Mean absolute attributions of some rows. */
export interface MeanAttributions {
  readonly classNames: readonly string[]
  readonly numRows: number
  readonly method: string
  readonly unit: string
  /** In the order of the table. */
  readonly columns: readonly MeanAttribution[]
  /** In order of appearance; empty where no column names its source. */
  readonly sources: readonly MeanAttribution[]
  /** Largest distance from additivity; NaN where the method promises none. */
  readonly additivityResidual: number
}

/** Adds up batches of attributions `[numClasses, numFeatures]`; memory does not grow with rows. */
export interface AttributionMeans {
  add(batch: AttributionBatch): void
  /** @throws PipelineError `ERR_TOO_FEW_ROWS` when no row was of the partition. */
  finish(): MeanAttributions
}

/**
 * Means of absolute attributions over the rows of a partition.
 *
 * The source of a column is its name before the last `/`: `tl.features/f12` is of `tl.features`.
 */
export function attributionMeans(featureNames: readonly string[], partition: Partition): AttributionMeans {
  const width = featureNames.length
  const sourceOf = featureNames.map((name) => name.slice(0, Math.max(0, name.lastIndexOf('/'))))
  const sourceNames = [...new Set(sourceOf)].filter((name) => name !== '')
  const sourceAt = Int32Array.from(sourceOf, (name) => sourceNames.indexOf(name))
  let first: AttributionBatch | undefined
  let columnSums = new Float64Array(0)
  let sourceSums = new Float64Array(0)
  let numRows = 0
  let residual = NaN
  return {
    add(batch) {
      const numClasses = batch.classNames.length
      checkShape(batch.shape, numClasses, width)
      first ??= batch
      if (columnSums.length === 0) {
        columnSums = new Float64Array(numClasses * width)
        sourceSums = new Float64Array(numClasses * sourceNames.length)
      }
      const ofSource = new Float64Array(sourceNames.length)
      batch.partitions.forEach((own, i) => {
        if (own !== partition) return
        numRows++
        const distance = batch.additivityResidual[i]!
        if (!(distance <= residual)) residual = Number.isNaN(distance) ? residual : distance
        for (let k = 0; k < numClasses; k++) {
          const start = (i * numClasses + k) * width
          ofSource.fill(0)
          for (let j = 0; j < width; j++) {
            const value = batch.values[start + j]!
            columnSums[k * width + j]! += Math.abs(value)
            if (sourceAt[j]! >= 0) ofSource[sourceAt[j]!]! += value
          }
          ofSource.forEach((sum, s) => (sourceSums[k * sourceNames.length + s]! += Math.abs(sum)))
        }
      })
    },
    finish() {
      if (!first || numRows === 0) {
        throw new PipelineError('ERR_TOO_FEW_ROWS', {
          message: `The attributions have no row of partition "${partition}"`,
          hint: 'set option partition to one that the split makes',
        })
      }
      const { classNames, method, unit } = first
      const numClasses = classNames.length
      const meansOf = (sums: Float64Array, size: number, at: number): Float64Array =>
        Float64Array.from({ length: numClasses }, (_, k) => sums[k * size + at]! / numRows)
      const columns = featureNames.map((name, j) => entry(name, meansOf(columnSums, width, j)))
      const sources = sourceNames.map((name, s) =>
        entry(
          name,
          meansOf(sourceSums, sourceNames.length, s),
          columns.reduce((sum, { total }, j) => sum + (sourceAt[j] === s ? total : 0), 0),
        ),
      )
      return { classNames, numRows, method, unit, columns, sources, additivityResidual: residual }
    },
  }
}

function entry(name: string, perClass: Float64Array, columnTotal?: number): MeanAttribution {
  const total = perClass.reduce((sum, value) => sum + value, 0)
  return { name, perClass, total, columnTotal: columnTotal ?? total }
}

function checkShape(shape: readonly number[], numClasses: number, width: number): void {
  if (shape.length === 2 && shape[0] === numClasses && shape[1] === width) return
  throw new PipelineError('ERR_SHAPE_MISMATCH', {
    message: 'The attributions are not one value for each class and column',
    port: 'attributions',
    expected: `[${String(numClasses)}, ${String(width)}]`,
    received: `[${shape.join(', ')}]`,
    hint: 'give attributions of columns (xai/tree-shap), and the features that they explain',
  })
}
