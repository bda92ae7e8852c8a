import { pulled } from '@etsef/plugin-api/streams'

const batchSize = 256

/** Rows as they are asked for: none is made before. */
export async function run({ options: { numSamples, numFeatures } }) {
  const featureNames = Array.from({ length: numFeatures }, (_, column) => `f${column}`)
  const classNames = ['class0', 'class1']
  return {
    features: pulled(async function* () {
      for (let start = 0; start < numSamples; start += batchSize) {
        const ids = Array.from({ length: Math.min(batchSize, numSamples - start) }, (_, i) => `w${start + i}`)
        yield {
          kind: 'features',
          ids,
          sourceIds: ids.map((id) => `source-${id}`),
          labels: Int32Array.from(ids, (_, i) => i % 2),
          groups: [],
          partitions: [],
          classNames,
          features: Float32Array.from({ length: ids.length * numFeatures }, (_, at) => at % 97),
          featureNames,
        }
      }
    }),
  }
}
