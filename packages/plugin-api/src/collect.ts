import type { Observable } from 'rxjs'
import { concatAttributions, type AttributionBatch } from './payload/attributions.js'
import { concatFeatures, type FeatureBatch } from './payload/features.js'
import { concatImages, type ImageBatch } from './payload/images.js'
import { concatPredictions, type PredictionBatch } from './payload/predictions.js'
import { concatTensors, type TensorBatch } from './payload/tensors.js'
import { release } from './streams/release.js'

/** All items of an observable, in order. Rejects with the stream's error; unsubscribes and rejects when `signal` aborts. */
export function collectBatches<T>(batches$: Observable<T>, signal?: AbortSignal): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const items: T[] = []
    const abort = (): void => {
      subscription.unsubscribe()
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    const finish = (settle: () => void): void => {
      signal?.removeEventListener('abort', abort)
      settle()
    }
    signal?.addEventListener('abort', abort, { once: true })
    const subscription = batches$.subscribe({
      next: (item) => {
        items.push(item)
        // All are wanted at once: the source need not wait for the first to be done with.
        if (typeof item === 'object' && item !== null) release(item)
      },
      error: (error: unknown) => {
        finish(() => {
          reject(error instanceof Error ? error : new Error(String(error)))
        })
      },
      complete: () => {
        finish(() => {
          resolve(items)
        })
      },
    })
  })
}

/** A whole feature table in memory. Hot or cold; resolves when the stream completes. */
export async function collectFeatures(batches$: Observable<FeatureBatch>, signal?: AbortSignal): Promise<FeatureBatch> {
  return concatFeatures(await collectBatches(batches$, signal))
}

/** All image rows as one batch (pixels stay lazy). */
export async function collectImages(batches$: Observable<ImageBatch>, signal?: AbortSignal): Promise<ImageBatch> {
  return concatImages(await collectBatches(batches$, signal))
}

/** All predictions as one batch. */
export async function collectPredictions(
  batches$: Observable<PredictionBatch>,
  signal?: AbortSignal,
): Promise<PredictionBatch> {
  return concatPredictions(await collectBatches(batches$, signal))
}

/** All tensors as one batch. */
export async function collectTensors(batches$: Observable<TensorBatch>, signal?: AbortSignal): Promise<TensorBatch> {
  return concatTensors(await collectBatches(batches$, signal))
}

/** All attributions as one batch. */
export async function collectAttributions(
  batches$: Observable<AttributionBatch>,
  signal?: AbortSignal,
): Promise<AttributionBatch> {
  return concatAttributions(await collectBatches(batches$, signal))
}
