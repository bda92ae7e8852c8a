import { map, type OperatorFunction } from 'rxjs'
import { batchIterator } from './batch-iterator.js'
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
    pulled(() => foldAll(iterate(batches$), fold, seed), { bound: oneBatch }).pipe(map(({ value }) => value))
}

function foldAll<T extends object, A>(
  batches: AsyncIterableIterator<T, undefined>,
  fold: (soFar: A, batch: T) => A | Promise<A>,
  seed: () => A,
): AsyncIterable<{ readonly value: A }> {
  let soFar: { readonly value: A } | undefined
  let isGiven = false
  const foldNext = async (before: { readonly value: A }): Promise<boolean> => {
    const { value: batch } = await batches.next()
    if (!batch) return false
    soFar = { value: await fold(before.value, batch) }
    return true
  }
  return batchIterator(
    async () => {
      if (isGiven) return undefined
      isGiven = true
      soFar = { value: seed() }
      while (await foldNext(soFar));
      return soFar
    },
    async () => batches.return?.(),
  )
}
