/** Sizes between which a segment may be, in pixels. */
interface SegmentSizes {
  /** A smaller part is joined to a neighbour. */
  readonly minSize: number
  /** A larger one is cut. */
  readonly maxSize: number
}

const steps: readonly (readonly [dy: number, dx: number])[] = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
]

/**
 * Segments that hang together: each connected part of a label becomes a segment of its own, in the order in which rows meet them; small ones go to
 * the last neighbour that was met.
 *
 * @see Achanta et al. 2012, section 3.1; the order and the sizes are those of scikit-image 0.26.0
 */
export function connectSegments(
  labels: Int32Array,
  [height, width]: readonly [number, number],
  { minSize, maxSize }: SegmentSizes,
): { readonly labels: Int32Array; readonly numSegments: number } {
  const connected = new Int32Array(labels.length).fill(-1)
  let next = 0
  for (let start = 0; start < labels.length; start++) {
    if (connected[start]! >= 0) continue
    let neighbour = 0
    const label = labels[start]!
    connected[start] = next
    const part = [start]
    for (let visited = 0; visited < part.length && part.length < maxSize; visited++) {
      const [y, x] = [Math.floor(part[visited]! / width), part[visited]! % width]
      for (const [dy, dx] of steps) {
        const [toY, toX] = [y + dy, x + dx]
        if (toY < 0 || toX < 0 || toY >= height || toX >= width) continue
        const to = toY * width + toX
        if (labels[to] === label && connected[to] === -1) {
          connected[to] = next
          part.push(to)
          if (part.length >= maxSize) break
        } else if (connected[to]! >= 0 && connected[to] !== next) neighbour = connected[to]!
      }
    }
    if (part.length < minSize) for (const at of part) connected[at] = neighbour
    else next++
  }
  return { labels: connected, numSegments: Math.max(1, next) }
}
