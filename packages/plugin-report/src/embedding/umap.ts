import type { Rng } from '@etsef/plugin-api'
import { UMAP } from 'umap-js'
import type { Points } from './distances.js'

/**
 * UMAP into the plane by umap-js, one epoch at a time, so that a caller can report progress or stop; yields the share that is done.
 *
 * @param options - `neighbors`: of a row, below the number of rows; `rng`: every draw comes from it, so equal rows and seeds give equal places.
 * @returns Row-major `[numSamples, 2]`.
 * @see McInnes et al. 2018, UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction, arXiv:1802.03426
 */
export function* umapSteps(
  { values, numSamples, numFeatures }: Points,
  { neighbors, rng }: { readonly neighbors: number; readonly rng: Rng },
): Generator<number, Float64Array, undefined> {
  const rows = Array.from({ length: numSamples }, (_, i) =>
    Array.from({ length: numFeatures }, (__, j) => values[i * numFeatures + j]!),
  )
  const umap = new UMAP({ nComponents: 2, nNeighbors: neighbors, random: () => rng.next() })
  const numEpochs = umap.initializeFit(rows)
  for (let epoch = 0; epoch < numEpochs; epoch++) {
    umap.step()
    yield (epoch + 1) / numEpochs
  }
  return Float64Array.from(umap.getEmbedding().flat())
}
