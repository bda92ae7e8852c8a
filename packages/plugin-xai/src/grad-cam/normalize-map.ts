/** A map made ready to be shown. */
export interface NormalizedMap {
  /** Positive part divided by the largest value, in [0, 1]; all 0 when there is no positive evidence. */
  readonly values: Float64Array
  /** Largest raw value: what 1 stands for. 0 when empty. */
  readonly max: number
  /** True when no value is positive. Shown as no colour, never stretched to full red. */
  readonly isEmpty: boolean
}

/**
 * The positive part of a raw map scaled by its maximum. Zero stays zero (min–max scaling would paint the weakest evidence as none and
 * noise as full evidence).
 *
 * @param raw - Any shape; left alone.
 */
export function normalizeMap(raw: ArrayLike<number>): NormalizedMap {
  let max = 0
  for (let i = 0; i < raw.length; i++) max = Math.max(max, raw[i]!)
  const values = new Float64Array(raw.length)
  if (max > 0) for (let i = 0; i < raw.length; i++) values[i] = Math.max(raw[i]!, 0) / max
  return { values, max, isEmpty: max === 0 }
}
