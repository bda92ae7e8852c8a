/** Softmax of each row in float64, and its first largest class. */
export function softmaxRows(
  logits: Float32Array,
  numClasses: number,
): { readonly scores: Float64Array; readonly predicted: Int32Array } {
  const numSamples = logits.length / numClasses
  const scores = new Float64Array(logits.length)
  const predicted = new Int32Array(numSamples)
  for (let n = 0; n < numSamples; n++) {
    const row = logits.subarray(n * numClasses, (n + 1) * numClasses)
    const max = row.reduce((a, b) => Math.max(a, b), -Infinity)
    const total = row.reduce((sum, value) => sum + Math.exp(value - max), 0)
    row.forEach((value, c) => (scores[n * numClasses + c] = Math.exp(value - max) / total))
    predicted[n] = row.indexOf(max)
  }
  return { scores, predicted }
}
