import type { Scalar, Tensor2D, Tf } from '@etsef/nn'

/**
 * Supervised contrastive loss: for each view, the mean cross-entropy of picking any view of its class among all other views. A picture
 * without a label (-1) is a class of its own, so that without any label this is NT-Xent.
 *
 * @param z - Projections, float32 `[2 * numImages, width]`; rows `k` and `N + k` are the two views of picture `k`. Normalised here.
 * @param shares - {@link positiveShares} of the pictures' classes, float32 `[2 * numImages, 2 * numImages]`.
 * @returns Mean over all 2N views in nats, float32 `[]`. The caller disposes it.
 * @see Khosla et al. 2020, Supervised Contrastive Learning, arXiv:2004.11362, eq. 2 (the sum over positives outside the logarithm)
 */
export function supConLoss(tf: Tf, z: Tensor2D, shares: Tensor2D, temperature: number): Scalar {
  const rows = z.shape[0]
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(z), 1, true), 1e-24))
    const unit = tf.div<Tensor2D>(z, norm)
    const similarity = tf.div(tf.matMul(unit, unit, false, true), temperature)
    const self = new Float32Array(rows * rows)
    for (let i = 0; i < rows; i++) self[i * rows + i] = -1e9
    const logProbabilities = tf.logSoftmax(tf.add(similarity, tf.tensor2d(self, [rows, rows])))
    return tf.neg(tf.sum<Scalar>(tf.mul(logProbabilities, shares)))
  })
}

/**
 * Entry (i, j): share of j in i's positives, over all rows.
 *
 * @param labels - Class of each picture, -1 where it has none.
 */
export function positiveShares(labels: Int32Array): Float32Array {
  const rows = 2 * labels.length
  const isPositive = (i: number, j: number): boolean => {
    const [a, b] = [i % labels.length, j % labels.length]
    return i !== j && (a === b || (labels[a]! >= 0 && labels[a] === labels[b]))
  }
  const counts = positivesOf(labels)
  const shares = new Float32Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) if (isPositive(i, j)) shares[i * rows + j] = 1 / (rows * counts[i % labels.length]!)
  }
  return shares
}

/** Positives of each picture's views. */
function positivesOf(labels: Int32Array): number[] {
  return Array.from(labels, (label) => (label < 0 ? 1 : 2 * labels.filter((other) => other === label).length - 1))
}

/**
 * Where a loss lies between the best reachable one (classes on a simplex, 0) and what equal embeddings give (log(2N − 1), 1); NaN for a
 * batch of one class, whose loss cannot change.
 */
export function supConPosition(loss: number, labels: Int32Array, temperature: number): number {
  const others = 2 * labels.length - 1
  const chance = Math.log(others)
  const classes = new Set(labels).size - (labels.includes(-1) ? 1 : 0) + labels.filter((label) => label < 0).length
  if (classes < 2) return NaN
  const apart = Math.exp((-1 / (classes - 1) - 1) / temperature)
  const counts = positivesOf(labels)
  const best = counts.reduce((sum, count) => sum + Math.log(count + (others - count) * apart), 0) / labels.length
  return (loss - best) / (chance - best)
}
