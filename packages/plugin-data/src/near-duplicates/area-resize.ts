/**
 * A grey picture in another size, each new pixel the mean of the area it covers, borders counted by the share that is covered.
 *
 * Larger as well as smaller sizes; the mean of the picture stays.
 *
 * @param values - Row-major `[height, width]`.
 */
export function areaResize(
  values: Float32Array,
  [height, width]: readonly [height: number, width: number],
  [newHeight, newWidth]: readonly [height: number, width: number],
): Float32Array {
  const columns = coverage(width, newWidth)
  const rows = coverage(height, newHeight)
  const result = new Float32Array(newHeight * newWidth)
  const sums = new Float64Array(newWidth)
  let row = -1
  for (let r = 0; r < newHeight; r++) {
    const total = new Float64Array(newWidth)
    for (let y = rows.first[r]!; y < rows.last[r]!; y++) {
      if (y !== row) sumColumns(values, y * width, columns, sums)
      row = y
      const share = shareOf(y, r, height, newHeight)
      for (let c = 0; c < newWidth; c++) total[c]! += share * sums[c]!
    }
    result.set(total, r * newWidth)
  }
  return result
}

interface Coverage {
  readonly from: number
  readonly to: number
  /** First old pixel under each new one, and the one after the last. */
  readonly first: Int32Array
  readonly last: Int32Array
}

function coverage(from: number, to: number): Coverage {
  return {
    from,
    to,
    first: Int32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to)),
    last: Int32Array.from({ length: to }, (_, i) => Math.min(from, Math.ceil(((i + 1) * from) / to))),
  }
}

/** Share of new pixel `at` that old pixel `index` covers. */
function shareOf(index: number, at: number, from: number, to: number): number {
  const [start, end] = [(at * from) / to, ((at + 1) * from) / to]
  return Math.max(0, Math.min(index + 1, end) - Math.max(index, start)) * (to / from)
}

function sumColumns(
  values: Float32Array,
  offset: number,
  { from, to, first, last }: Coverage,
  out: Float64Array,
): void {
  for (let c = 0; c < to; c++) {
    const [begin, end] = [first[c]!, last[c]!]
    let sum = 0
    for (let x = begin + 1; x < end - 1; x++) sum += values[offset + x]!
    sum *= to / from
    sum += shareOf(begin, c, from, to) * values[offset + begin]!
    if (end - 1 > begin) sum += shareOf(end - 1, c, from, to) * values[offset + end - 1]!
    out[c] = sum
  }
}
