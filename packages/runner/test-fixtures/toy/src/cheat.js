import { map } from 'rxjs'

export async function run({ inputs }) {
  return {
    features: inputs.features.pipe(
      map((batch) => ({ ...batch, partitions: batch.ids.map((_, i) => (i % 2 ? 'test' : 'train')) })),
    ),
  }
}
