import { createHash } from 'node:crypto'
import { PipelineError } from '../errors.js'

/** Remembers batches as they were handed to an operation, so that one that writes into them is found out. */
export interface WatchedInputs {
  /** The batch itself, watched from now on. */
  watch<B extends object>(batch: B): B
  /** @throws PipelineError `ERR_PLUGIN` naming the column that is not as it was. */
  check(type: string): void
}

/** Watches nothing yet. */
export function watchInputs(): WatchedInputs {
  const watched: { readonly batch: object; readonly digests: ReadonlyMap<string, string> }[] = []
  return {
    watch(batch) {
      watched.push({ batch, digests: digestsOf(batch) })
      return batch
    },
    check(type) {
      for (const { batch, digests } of watched) {
        for (const [name, digest] of digestsOf(batch)) {
          if (digests.get(name) === digest) continue
          throw new PipelineError('ERR_PLUGIN', {
            message: `${type} writes into its input: "${name}" of a batch is not as it was`,
            hint: 'inputs belong to whoever made them: work on a copy',
          })
        }
      }
    },
  }
}

function digestsOf(batch: object): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(batch)
      .filter(([, value]) => typeof value !== 'function')
      .map(([name, value]) => [name, digestOf(value)]),
  )
}

function digestOf(value: unknown): string {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(JSON.stringify([value]))
  return createHash('sha256').update(bytes).digest('hex')
}
