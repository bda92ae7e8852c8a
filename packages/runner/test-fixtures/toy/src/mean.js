export async function open({ options: { concurrency }, ctx }) {
  return {
    async apply(batch) {
      const features = new Float32Array(batch.ids.length)
      for (let start = 0; start < batch.ids.length; start += concurrency) {
        const indices = batch.ids.slice(start, start + concurrency).map((_, i) => start + i)
        const images = await Promise.all(indices.map((i) => batch.load(i)))
        images.forEach((image, i) => (features[start + i] = image.data.reduce((a, b) => a + b, 0) / image.data.length))
      }
      ctx.progress(batch.ids.length, batch.ids.length, 'images')
      const { ids, sourceIds, labels, groups, partitions, classNames } = batch
      return {
        features: {
          kind: 'features',
          ids,
          sourceIds,
          labels,
          groups,
          partitions,
          classNames,
          features,
          featureNames: ['mean'],
        },
      }
    },
  }
}
