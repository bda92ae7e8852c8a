import { concatMap, from, toArray } from 'rxjs'

/** Splits by position among the ids, as people would sort them. */
export async function run({ options: { test, val }, inputs }) {
  const [port] = Object.keys(inputs)
  return {
    [port]: inputs[port].pipe(
      toArray(),
      concatMap((batches) => {
        const byName = new Intl.Collator('en', { numeric: true }).compare
        const ids = batches.flatMap((batch) => batch.ids).sort(byName)
        const numTest = Math.round(ids.length * test)
        const numVal = Math.round(ids.length * val)
        const partitionOf = new Map(
          ids.map((id, i) => [id, i < numTest ? 'test' : i < numTest + numVal ? 'val' : 'train']),
        )
        return from(
          batches.map((batch) => ({
            ...batch,
            partitions: batch.ids.map((id) => partitionOf.get(id)),
            groups: [],
          })),
        )
      }),
    ),
  }
}
