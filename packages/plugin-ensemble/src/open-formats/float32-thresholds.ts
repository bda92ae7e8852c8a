const single = new Float32Array(1)
const bits = new Int32Array(single.buffer)

/** The largest float32 that is at most a number: a float32 value is at most the number where it is at most this. */
export function float32AtMost(value: number): number {
  single[0] = value
  return single[0] <= value ? single[0] : step(single[0], -1)
}

/** The least float32 that is above a number: a float32 value is at most the number where it is below this. */
export function float32Above(value: number): number {
  single[0] = value
  return single[0] > value ? single[0] : step(single[0], 1)
}

function step(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * 2 ** -149
  single[0] = value
  bits[0]! += value > 0 ? direction : -direction
  return single[0]
}
