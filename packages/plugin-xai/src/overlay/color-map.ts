/** Anchors of a perceptually ordered colour map: black, violet, red, orange, pale yellow (after matplotlib's `inferno`, at 0, ⅛ … 1). */
const anchors: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
]

/**
 * Colour of a value.
 *
 * @param value - In [0, 1]; held in it.
 * @returns Red, green, blue in [0, 255].
 */
export function heatColor(value: number): readonly [number, number, number] {
  const at = Math.min(Math.max(value, 0), 1) * (anchors.length - 1)
  const index = Math.min(Math.floor(at), anchors.length - 2)
  const [low, high] = [anchors[index]!, anchors[index + 1]!]
  const blend = (channel: 0 | 1 | 2): number => Math.round(low[channel] + (high[channel] - low[channel]) * (at - index))
  return [blend(0), blend(1), blend(2)]
}
