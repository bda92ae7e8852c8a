/**
 * KL divergence, in nats, between joint probabilities and the Student-t similarities of a planar embedding.
 *
 * @param joint - Symmetric P, row-major `[n, n]`, summing to 1.
 * @param y - Embedding, row-major `[n, 2]`.
 */
export function tsneCost(joint: Float64Array, y: Float64Array): number {
  const n = y.length / 2
  const kernel = new Float64Array(n * n)
  const total = fillKernel(kernel, y)
  let kl = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const p = joint[i * n + j]!
      if (p > 0) kl += 2 * p * Math.log(p / Math.max(kernel[i * n + j]! / total, Number.EPSILON))
    }
  }
  return kl
}

/**
 * Exact gradient of {@link tsneCost} with respect to the embedding, in O(n²).
 *
 * @param joint - Symmetric P, row-major `[n, n]`; scaled by the exaggeration during the early phase.
 * @param y - Embedding, row-major `[n, 2]`.
 * @param kernel - Scratch space of n² numbers, overwritten; keep it between steps.
 * @returns Row-major `[n, 2]`; columns sum to 0.
 * @see van der Maaten and Hinton 2008, Visualizing Data using t-SNE, eq. 5
 */
export function tsneGradient(
  joint: Float64Array,
  y: Float64Array,
  kernel = new Float64Array((y.length / 2) ** 2),
): Float64Array {
  const n = y.length / 2
  const gradient = new Float64Array(2 * n)
  const total = fillKernel(kernel, y)
  for (let i = 0; i < n; i++) {
    const xi = y[2 * i]!
    const yi = y[2 * i + 1]!
    let gx = 0
    let gy = 0
    for (let j = i + 1; j < n; j++) {
      const w = kernel[i * n + j]!
      const pull = 4 * (joint[i * n + j]! - Math.max(w / total, Number.EPSILON)) * w
      const dx = pull * (xi - y[2 * j]!)
      const dy = pull * (yi - y[2 * j + 1]!)
      gx += dx
      gy += dy
      gradient[2 * j] = gradient[2 * j]! - dx
      gradient[2 * j + 1] = gradient[2 * j + 1]! - dy
    }
    gradient[2 * i] = gradient[2 * i]! + gx
    gradient[2 * i + 1] = gradient[2 * i + 1]! + gy
  }
  return gradient
}

/** Writes 1 / (1 + d²) into the upper triangle and returns its sum over ordered pairs. */
function fillKernel(kernel: Float64Array, y: Float64Array): number {
  const n = y.length / 2
  let total = 0
  for (let i = 0; i < n; i++) {
    const xi = y[2 * i]!
    const yi = y[2 * i + 1]!
    for (let j = i + 1; j < n; j++) {
      const dx = xi - y[2 * j]!
      const dy = yi - y[2 * j + 1]!
      const w = 1 / (1 + dx * dx + dy * dy)
      kernel[i * n + j] = w
      total += 2 * w
    }
  }
  return total
}
