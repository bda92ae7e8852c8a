// Cuts and lists of exact trees. A list holds, column by column, row numbers sorted by the column's values, of 2 or 4 bytes each.
import { entryAt } from './addresses'
import { floorOf, gainOf, isBelowFloor } from './cuts'

/**
 * The column of the best cut of rows [start, end), or −1, for row numbers of 2 bytes. `result` receives the value below the cut, the value
 * above it, and the gain, float32. `values` are the columns in float32, `pairs` gradient and hessian of each row; sums are float64.
 */
export function bestCut16(
  list: usize,
  values: usize,
  pairs: usize,
  result: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  return bestCut<u16>(
    list,
    values,
    pairs,
    result,
    n,
    d,
    start,
    end,
    sumG,
    sumH,
    nodeGain,
    lambda,
    minChildWeight,
    leastGain,
  )
}

/** {@link bestCut16} for row numbers of 4 bytes. */
export function bestCut32(
  list: usize,
  values: usize,
  pairs: usize,
  result: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  return bestCut<u32>(
    list,
    values,
    pairs,
    result,
    n,
    d,
    start,
    end,
    sumG,
    sumH,
    nodeGain,
    lambda,
    minChildWeight,
    leastGain,
  )
}

function bestCut<Row>(
  list: usize,
  values: usize,
  pairs: usize,
  result: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  let best = leastGain
  let feature = -1
  let floor = floorOf(best, nodeGain)
  for (let j = 0; j < d; j++) {
    let g: f64 = 0
    let h: f64 = 0
    const column = entryAt<f32>(values, j * n)
    const first = entryAt<Row>(list, j * n + start)
    for (let at = entryAt<Row>(list, j * n + end - 1); at > first; at -= sizeof<Row>()) {
      const row = <u32>load<Row>(at)
      const pair = pairs + ((<usize>row) << 3)
      g += <f64>load<f32>(pair)
      h += <f64>load<f32>(pair, 4)
      if (h < minChildWeight) continue
      const hOther = sumH - h
      if (hOther < minChildWeight) break
      const gOther = sumG - g
      if (isBelowFloor(g, h, gOther, hOther, lambda, floor)) continue
      const value = load<f32>(entryAt<f32>(column, <u32>load<Row>(at - sizeof<Row>())))
      const above = load<f32>(entryAt<f32>(column, row))
      if (value == above) continue
      const gain = gainOf(g, h, gOther, hOther, lambda, nodeGain)
      if (gain <= best) continue
      best = gain
      feature = j
      floor = floorOf(best, nodeGain)
      store<f32>(result, value)
      store<f32>(result, above, 4)
    }
  }
  store<f32>(result, best, 8)
  return feature
}

/** Moves rows that go left before the others, in every column, in order, for row numbers of 2 bytes. */
export function divide16(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
): void {
  divide<u16>(from, order, held, goesLeft, n, d, start, end)
}

/** {@link divide16} for row numbers of 4 bytes. */
export function divide32(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
): void {
  divide<u32>(from, order, held, goesLeft, n, d, start, end)
}

function divide<Row>(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
): void {
  for (let j = 0; j < d; j++) {
    let source = entryAt<Row>(from, j * n + start)
    const stop = entryAt<Row>(from, j * n + end)
    let left = entryAt<Row>(order, j * n + start)
    let right = held
    for (; source < stop; source += sizeof<Row>()) {
      const row = load<Row>(source)
      const step = <usize>load<u8>(goesLeft + <usize>row) * sizeof<Row>()
      store<Row>(left, row)
      store<Row>(right, row)
      left += step
      right += sizeof<Row>() - step
    }
    memory.copy(left, held, right - held)
  }
}

/** Moves the rows of one side to position `to` of every column's list, in order, for row numbers of 2 bytes; the other side is lost. */
export function keep16(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  to: i32,
  side: i32,
): void {
  keep<u16>(from, order, held, goesLeft, n, d, start, end, to, side)
}

/** {@link keep16} for row numbers of 4 bytes. */
export function keep32(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  to: i32,
  side: i32,
): void {
  keep<u32>(from, order, held, goesLeft, n, d, start, end, to, side)
}

function keep<Row>(
  from: usize,
  order: usize,
  held: usize,
  goesLeft: usize,
  n: i32,
  d: i32,
  start: i32,
  end: i32,
  to: i32,
  side: i32,
): void {
  for (let j = 0; j < d; j++) {
    let source = entryAt<Row>(from, j * n + start)
    const stop = entryAt<Row>(from, j * n + end)
    let right = held
    for (; source < stop; source += sizeof<Row>()) {
      const row = load<Row>(source)
      store<Row>(right, row)
      right += <i32>load<u8>(goesLeft + <usize>row) == side ? sizeof<Row>() : 0
    }
    memory.copy(entryAt<Row>(order, j * n + to), held, right - held)
  }
}
