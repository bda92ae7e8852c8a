/** Cost and gradient of a planar t-SNE embedding. */
export interface TsneStep {
  /** KL(P ‖ Q) in nats. */
  readonly kl: number
  /** ∂KL/∂Y, row-major `[n, 2]`; columns sum to 0. */
  readonly gradient: Float64Array
}

/**
 * KL divergence between joint probabilities and the Student-t similarities of an embedding, with its exact gradient, in O(n²).
 *
 * @param joint - Symmetric P, row-major `[n, n]`, summing to 1.
 * @param y - Embedding, row-major `[n, 2]`.
 * @see van der Maaten and Hinton 2008, Visualizing Data using t-SNE, eq. 5
 */
export function tsneStep(joint: Float64Array, y: Float64Array): TsneStep {
  const n = y.length / 2
  const gradient = new Float64Array(2 * n)
  const { kernel, total } = studentKernel(y)
  let kl = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const p = joint[i * n + j]!
      const w = kernel[i * n + j]!
      const q = Math.max(w / total, Number.EPSILON)
      if (p > 0) kl += 2 * p * Math.log(p / q)
      const pull = 4 * (p - q) * w
      const dx = pull * (y[2 * i]! - y[2 * j]!)
      const dy = pull * (y[2 * i + 1]! - y[2 * j + 1]!)
      gradient[2 * i] = gradient[2 * i]! + dx
      gradient[2 * i + 1] = gradient[2 * i + 1]! + dy
      gradient[2 * j] = gradient[2 * j]! - dx
      gradient[2 * j + 1] = gradient[2 * j + 1]! - dy
    }
  }
  return { kl, gradient }
}

/** Upper triangle of 1 / (1 + d²) and its sum over ordered pairs. */
function studentKernel(y: Float64Array): { readonly kernel: Float64Array; readonly total: number } {
  const n = y.length / 2
  const kernel = new Float64Array(n * n)
  let total = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const dx = y[2 * i]! - y[2 * j]!
      const dy = y[2 * i + 1]! - y[2 * j + 1]!
      const w = 1 / (1 + dx * dx + dy * dy)
      kernel[i * n + j] = w
      total += 2 * w
    }
  }
  return { kernel, total }
}
