import { map, type OperatorFunction } from 'rxjs'
import { iterate } from './iterate.js'
import { oneBatch } from './map-rows.js'
import { pulled } from './pulled.js'

/**
 * One value of all batches, when the last has come: sums, counts, a model that learns batch by batch. A batch is released when it is folded
 * in, so what the value keeps of it should be numbers, not the batch.
 *
 * @param fold - The value with a batch folded in; waited for before the next.
 * @param seed - The value of no batch, made for every subscription anew.
 */
export function foldTable<T extends object, A>(
  fold: (soFar: A, batch: T) => A | Promise<A>,
  seed: () => A,
): OperatorFunction<T, A> {
  return (batches$) =>
    pulled(
      async function* () {
        let value = seed()
        for await (const batch of iterate(batches$)) value = await fold(value, batch)
        yield { value }
      },
      { bound: oneBatch },
    ).pipe(map(({ value }) => value))
}
