import { PipelineError, type FeatureBatch } from '@etsef/plugin-api'
import { alignRows, type NamedRows } from '../../adapter/same-task.js'

/** How {@link fuseFeatures} scales each source before joining. */
export interface FuseOptions {
  /** `l2`: each row of each source is scaled to length 1 (rows of zeros stay); `none`: as it comes. */
  readonly normalize: 'none' | 'l2'
  /** Factor per source, after normalising; default 1 each. */
  readonly weights?: readonly number[]
}

/**
 * One table with the columns of all sources side by side, rows joined by id.
 *
 * Rows come in the order of the first source; columns are named `<source>/<column>` and come in the order of the sources.
 *
 * @throws PipelineError `ERR_MISSING_ID`, `ERR_DUPLICATE_ID`, `ERR_CLASS_LIST`, `ERR_LEAKAGE` (a row of two partitions),
 * `ERR_BAD_OPTION` for weights of another number than the sources or a source that is joined twice.
 */
export function fuseFeatures(sources: readonly NamedRows<FeatureBatch>[], options: FuseOptions): FeatureBatch {
  const names = sources.map(({ name }) => name)
  const doubled = names.find((name, at) => names.indexOf(name) !== at)
  if (doubled !== undefined) {
    throw new PipelineError('ERR_BAD_OPTION', { message: `"${doubled}" is joined to itself; its columns would double` })
  }
  const weights = options.weights ?? sources.map(() => 1)
  if (weights.length !== sources.length) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `There are ${sources.length} sources and ${weights.length} weights`,
      option: 'weights',
      expected: `${sources.length} numbers`,
      received: String(weights.length),
    })
  }
  const positions = alignRows(sources)
  const { ids, sourceIds, labels, groups, partitions, classNames } = sources[0]!.value
  const featureNames = sources.flatMap(({ name, value }) => value.featureNames.map((column) => `${name}/${column}`))
  const width = featureNames.length
  const features = new Float32Array(ids.length * width)
  let offset = 0
  sources.forEach(({ value }, s) => {
    const own = value.featureNames.length
    for (let i = 0; i < ids.length; i++) {
      const from = positions[s]![i]! * own
      const row = value.features.subarray(from, from + own)
      const scale = weights[s]! * (options.normalize === 'l2' ? inverseLength(row) : 1)
      for (let j = 0; j < own; j++) features[i * width + offset + j] = row[j]! * scale
    }
    offset += own
  })
  return {
    kind: 'features',
    ...{ ids, sourceIds, labels, groups, partitions, classNames },
    features,
    featureNames,
  }
}

function inverseLength(row: Float32Array): number {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
  return length > 0 ? 1 / length : 1
}
