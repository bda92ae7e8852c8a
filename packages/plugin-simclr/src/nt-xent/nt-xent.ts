import type { Scalar, Tensor2D, Tf } from '@etsef/nn'

/**
 * NT-Xent loss: for each view, cross-entropy of picking its partner among all other views in the batch.
 *
 * Rows `k` and `N + k` of `z` are the two views of image `k`. Projections are L2-normalised here, so any scale will do.
 *
 * @param z - Projections, float32 `[2 * numImages, projectionDim]`.
 * @param options - `temperature` in (0, inf), default 0.5; smaller weighs hard negatives more.
 * @returns Mean over all 2N views in nats, float32 `[]`. The caller disposes it.
 * @throws RangeError when `z` has an odd number of rows or fewer than two images.
 * @see Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations, arXiv:2002.05709, eq. 1
 */
export function ntXentLoss(tf: Tf, z: Tensor2D, options: { readonly temperature?: number } = {}): Scalar {
  const { temperature = 0.5 } = options
  const rows = z.shape[0]
  const images = rows / 2
  if (!Number.isInteger(images) || images < 2) {
    throw new RangeError(`NT-Xent needs two views each of two or more images, received [${z.shape.join(', ')}]`)
  }
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(z), 1, true), 1e-24))
    const unit = tf.div<Tensor2D>(z, norm)
    const similarity = tf.div(tf.matMul(unit, unit, false, true), temperature)
    const masks = pairMasks(rows)
    // A view is never its own candidate.
    const candidates = tf.add(similarity, tf.tensor2d(masks.self, [rows, rows]))
    const logProbabilities = tf.logSoftmax(candidates)
    return tf.neg(tf.sum<Scalar>(tf.mul(logProbabilities, tf.tensor2d(masks.partner, [rows, rows]))))
  })
}

function pairMasks(rows: number): { readonly self: Float32Array; readonly partner: Float32Array } {
  const self = new Float32Array(rows * rows)
  const partner = new Float32Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    self[i * rows + i] = -1e9
    partner[i * rows + ((i + rows / 2) % rows)] = 1 / rows
  }
  return { self, partner }
}

/**
 * Where a loss lies between the best reachable one (perfect positives, negatives on a simplex; 0) and what equal embeddings give
 * (log(2N − 1); 1). A run stuck near 1 has learned nothing, whatever its raw loss.
 */
export function ntXentPosition(loss: number, numImages: number, temperature: number): number {
  const others = 2 * numImages - 2
  // N images on a simplex: cosine of two different images is -1 / (N - 1).
  const best = Math.log1p(others * Math.exp((-1 / (numImages - 1) - 1) / temperature))
  const chance = Math.log(2 * numImages - 1)
  return (loss - best) / (chance - best)
}
