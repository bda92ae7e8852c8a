import { Observable } from 'rxjs'

const batchSize = 100

export async function run({ options: { numSamples } }) {
  return {
    images: new Observable((subscriber) => {
      for (let start = 0; start < numSamples && !subscriber.closed; start += batchSize) {
        const ids = Array.from({ length: Math.min(batchSize, numSamples - start) }, (_, i) => `i${start + i}`)
        subscriber.next({
          kind: 'images',
          ids,
          uris: ids.map((id) => `generated:${id.slice(1)}`),
          sourceIds: ids.map((id) => `source-${id}`),
          labels: Int32Array.from(ids, (_, i) => i % 2),
          groups: [],
          partitions: [],
          classNames: ['class0', 'class1'],
        })
      }
      subscriber.complete()
    }),
  }
}

export async function loadPixels({ row, options: { size } }) {
  const value = Number(row.uri.split(':')[1])
  return { dtype: 'float32', shape: [size, size, 1], data: new Float32Array(size * size).fill(value) }
}
