import { from } from 'rxjs'

export async function run({
  options: { numSamples, numFeatures, numClasses, noise, prefix, partitioned, twice },
  ctx,
}) {
  const rng = ctx.rng('points')
  const ids = Array.from({ length: numSamples }, (_, i) => `${prefix}${i}`)
  if (twice) ids[ids.length - 1] = ids[0]
  const classNames = Array.from({ length: numClasses }, (_, i) => `class${i}`)
  const labels = Int32Array.from(ids, (_, i) => i % numClasses)
  const features = Float32Array.from(
    { length: numSamples * numFeatures },
    (_, at) => labels[Math.floor(at / numFeatures)] + noise * rng.normal(),
  )
  const partitions = partitioned ? ids.map((_, i) => (i % 3 === 0 ? 'test' : 'train')) : []
  const batch = {
    kind: 'features',
    ids,
    sourceIds: ids.map((id) => `source-${id}`),
    labels,
    groups: ids.map((_, i) => `g${Math.floor(i / 2)}`),
    partitions,
    classNames,
    features,
    featureNames: Array.from({ length: numFeatures }, (_, i) => `x${i}`),
  }
  return { features: from([batch]) }
}
