import type { Scalar, Tensor2D, Tf } from '@etsef/nn'

/**
 * Minus the mean cosine of each view's prediction with the other view's projection, which counts as a constant: without that stop the
 * network makes all projections equal.
 *
 * @param projections - float32 `[2 * numImages, width]`; rows `k` and `N + k` are the two views of picture `k`.
 * @param predictions - What the predictor makes of them, of the same shape.
 * @returns In [-1, 1], float32 `[]`. The caller disposes it.
 * @see Chen & He 2021, Exploring Simple Siamese Representation Learning, arXiv:2011.10566, algorithm 1
 */
export function simSiamLoss(tf: Tf, projections: Tensor2D, predictions: Tensor2D): Scalar {
  const rows = projections.shape[0]
  return tf.tidy(() => {
    const unit = (x: Tensor2D): Tensor2D => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-24)))
    const halves = tf.split<Tensor2D>(projections, 2)
    // The other view's projection beside each prediction.
    const swapped = stopGradient(tf, tf.concat([halves[1]!, halves[0]!]))
    return tf.neg(tf.div<Scalar>(tf.sum(tf.mul(unit(predictions), unit(swapped))), rows))
  })
}

/** The value of a tensor, through which no gradient flows. */
function stopGradient(tf: Tf, x: Tensor2D): Tensor2D {
  const constant = tf.customGrad((input) => ({
    value: (input as Tensor2D).clone(),
    gradFunc: (dy: Tensor2D) => tf.zerosLike(dy),
  }))
  return constant(x)
}
