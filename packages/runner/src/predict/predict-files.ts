import type { PictureFile } from './find-pictures.js'
import type { Predictor } from './open-predictor.js'
import type { PredictionRow } from './predicted-row.js'
import { tryReadPicture } from './read-pictures.js'

/** How files are predicted. */
export interface PredictFilesOptions {
  /** Pictures at a time; default 64. */
  readonly batchSize?: number | undefined
  readonly signal?: AbortSignal
}

/** Answers for files, a batch at a time, in their order. A file that cannot be read or decoded is a row with a code. */
export async function* predictFiles(
  predictor: Predictor,
  files: readonly PictureFile[],
  { batchSize = 64, signal }: PredictFilesOptions = {},
): AsyncGenerator<readonly PredictionRow[]> {
  const read = (start: number) => Promise.all(files.slice(start, start + batchSize).map(tryReadPicture))
  let next = read(0)
  for (let start = 0; start < files.length; start += batchSize) {
    signal?.throwIfAborted()
    const batch = await next
    // The next files are read while these are computed.
    next = read(start + batchSize)
    const readable = batch.flatMap((each) => ('error' in each ? [] : [each]))
    const rows = (await predictor.predict(readable)).values()
    yield batch.map((each): PredictionRow => ('error' in each ? each : rows.next().value!))
  }
}
