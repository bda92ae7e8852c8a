/**
 * Where a map of superpixels points: the middle of the superpixel that got most.
 *
 * Such a map has one value all over a superpixel, its share divided by its area. The largest of these values is the densest superpixel, not the one that matters most:
 * a small one needs little to be dense.
 *
 * @param map - Row-major `[height, width]`; pixels of equal value that touch are one superpixel.
 * @returns The pixel of the superpixel with the largest sum that is nearest to its centroid; `undefined` where no sum is positive.
 */
export function mostRelevantPart(
  map: ArrayLike<number>,
  [height, width]: readonly [number, number],
): number | undefined {
  const isSeen = new Uint8Array(map.length)
  let best: readonly number[] = []
  let most = 0
  for (let start = 0; start < map.length; start++) {
    if (isSeen[start] === 1) continue
    isSeen[start] = 1
    const part = [start]
    for (const at of part) {
      const x = at % width
      const neighbours = [
        at >= width ? at - width : -1,
        at + width < height * width ? at + width : -1,
        x > 0 ? at - 1 : -1,
        x + 1 < width ? at + 1 : -1,
      ]
      for (const to of neighbours) {
        if (to < 0 || isSeen[to] === 1 || map[to] !== map[start]) continue
        isSeen[to] = 1
        part.push(to)
      }
    }
    const sum = map[start]! * part.length
    if (sum > most) [best, most] = [part, sum]
  }
  return best.length === 0 ? undefined : nearestToCentroid(best, width)
}

function nearestToCentroid(part: readonly number[], width: number): number {
  const mean = (of: (at: number) => number): number => part.reduce((sum, at) => sum + of(at), 0) / part.length
  const [cy, cx] = [mean((at) => Math.floor(at / width)), mean((at) => at % width)]
  const away = (at: number): number => (Math.floor(at / width) - cy) ** 2 + ((at % width) - cx) ** 2
  return part.reduce((nearest, at) => (away(at) < away(nearest) ? at : nearest))
}
