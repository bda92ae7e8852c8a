/** `a! b! / (a + b + 1)!` at `[a, b]` of `[depth + 1, depth + 1]`: the share of orders in which a feature comes after `a` given ones and before `b` others. */
export function coalitionWeights(depth: number): Float64Array {
  const size = depth + 1
  const weights = new Float64Array(size * size)
  for (let b = 0; b < size; b++) {
    weights[b] = 1 / (b + 1)
    for (let a = 1; a < size; a++) weights[a * size + b] = (weights[(a - 1) * size + b]! * a) / (a + b + 1)
  }
  return weights
}
