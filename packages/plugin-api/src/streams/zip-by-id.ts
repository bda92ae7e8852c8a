import type { Observable } from 'rxjs'
import type { Named } from '../define-operation.js'
import type { ImageBatch } from '../payload/images.js'
import { joinBatches } from '../semantics/join-batches.js'
import { iterate } from './iterate.js'
import { oneBatch } from './map-rows.js'
import { pulled } from './pulled.js'
import type { AnyBatch } from './tables.js'

/**
 * Batches of several streams joined by id: for each of the first stream, the same rows of every other, in its order. Streams in one order,
 * as stored ones are, are read side by side; of others, rows wait for their turn.
 *
 * @param inputs - Streams and what they are called in messages, as an input that takes many edges gives them. Not of images: their pixels
 * come from one input.
 * @throws PipelineError, as the stream's error: `ERR_MISSING_ID` and `ERR_DUPLICATE_ID` for rows that one side lacks or has twice,
 * `ERR_CLASS_LIST`, and `ERR_LEAKAGE` where two streams tell different things of one row.
 */
export function zipById<B extends Exclude<AnyBatch, ImageBatch>>(
  inputs: readonly Named<Observable<B>>[],
): Observable<readonly B[]> {
  return pulled(
    () =>
      // Joining keeps the kind of each stream.
      joinBatches(inputs.map(({ name, value }) => ({ name, batches: iterate(value) }))) as AsyncIterable<readonly B[]>,
    { bound: oneBatch },
  )
}
