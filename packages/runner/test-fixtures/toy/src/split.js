import { map } from 'rxjs'

export async function run({ options: { test, val }, inputs }) {
  const [port] = Object.keys(inputs)
  return {
    [port]: inputs[port].pipe(
      map((batch) => {
        const count = batch.ids.length
        const numTest = Math.round(count * test)
        const numVal = Math.round(count * val)
        return {
          ...batch,
          partitions: batch.ids.map((_, i) => (i < numTest ? 'test' : i < numTest + numVal ? 'val' : 'train')),
          groups: [],
        }
      }),
    ),
  }
}
