// The rows of a node of a growing tree: row numbers of 4 bytes.
import { entryAt, pairOf } from './addresses'

/** Stores the float64 sums of gradients and hessians of rows [start, end). */
export function sumRows(rows: usize, pairs: usize, result: usize, start: i32, end: i32): void {
  let sum = f64x2.splat(0)
  const stop = entryAt<u32>(rows, end)
  for (let at = entryAt<u32>(rows, start); at < stop; at += 4) sum = f64x2.add(sum, pairOf(pairs, load<u32>(at)))
  v128.store(result, sum)
}

/** Moves the rows whose value of the column is below the limit before the others, in order, and marks them; returns where the others start. */
export function divideRowsByValue(
  rows: usize,
  held: usize,
  goesLeft: usize,
  column: usize,
  start: i32,
  end: i32,
  limit: f32,
): i32 {
  return divideRows<f32>(rows, held, goesLeft, column, start, end, limit)
}

/** {@link divideRowsByValue} by bins of one byte. */
export function divideRowsByBin8(
  rows: usize,
  held: usize,
  goesLeft: usize,
  column: usize,
  start: i32,
  end: i32,
  limit: u32,
): i32 {
  return divideRows<u8>(rows, held, goesLeft, column, start, end, <u8>limit)
}

/** {@link divideRowsByValue} by bins of two bytes. */
export function divideRowsByBin16(
  rows: usize,
  held: usize,
  goesLeft: usize,
  column: usize,
  start: i32,
  end: i32,
  limit: u32,
): i32 {
  return divideRows<u16>(rows, held, goesLeft, column, start, end, <u16>limit)
}

function divideRows<T>(rows: usize, held: usize, goesLeft: usize, column: usize, start: i32, end: i32, limit: T): i32 {
  let at = entryAt<u32>(rows, start)
  const stop = entryAt<u32>(rows, end)
  let left = at
  let right = held
  // Both sides are written and one of them goes on, which costs less than a jump that cannot be foreseen.
  for (; at < stop; at += 4) {
    const row = load<u32>(at)
    const isLeft: usize = load<T>(entryAt<T>(column, row)) < limit ? 1 : 0
    store<u8>(goesLeft + row, <u8>isLeft)
    store<u32>(left, row)
    store<u32>(right, row)
    left += isLeft << 2
    right += 4 - (isLeft << 2)
  }
  memory.copy(left, held, right - held)
  return <i32>((left - rows) >> 2)
}
