import type { KernelRows } from './kernel-rows.js'
import { leastCurvature, type Found, type SolverMemory } from './solver-memory.js'

/** Rows of two classes out of a table. */
export interface TwoClasses {
  /** Places in the table. */
  readonly rows: Int32Array
  /** 1 or −1 for each of `rows`. */
  readonly signs: Int8Array
  /** Largest weight of each of `rows`, > 0. */
  readonly costs: Float64Array
}

/** Where the solver stops. */
export interface Stopping {
  /** Violation of the optimality conditions that may be left, > 0. */
  readonly tol: number
  /** Most steps. */
  readonly maxIter: number
}

/** Optimum of the dual problem. */
export interface DualSolution {
  /** Weight of each of the rows, from 0 to its cost. */
  readonly alpha: Float64Array
  /** Threshold: the decision is `Σ signs · alpha · kernel − rho`. */
  readonly rho: number
  readonly numIterations: number
  /** False when the steps ended before the conditions held. */
  readonly converged: boolean
}

/**
 * Minimises `½ Σᵢⱼ signsᵢ αᵢ signsⱼ αⱼ Kᵢⱼ − Σ α` with `0 ≤ α ≤ costs` and `Σ signs · α = 0`, two weights at a time.
 *
 * Of the two the first violates the optimality conditions most, and the second then lowers the objective most. Weights that seem to
 * stay at a bound are set aside, and looked at again before the end.
 *
 * @see Fan, Chen and Lin 2005, Working set selection using second order information, JMLR 6 (WSS 2).
 * @see Chang and Lin 2011, LIBSVM, ACM TIST 2, sections 4 and 5, whose steps and order of additions these are.
 */
export function solveDual(kernel: KernelRows, problem: TwoClasses, { tol, maxIter }: Stopping): DualSolution {
  const state = startState(kernel, problem)
  const period = Math.min(problem.rows.length, 1000)
  let untilShrinking = period
  let numIterations = 0
  let converged = false
  let first = findFirst(state)
  while (numIterations < maxIter) {
    if (--untilShrinking === 0) {
      untilShrinking = period
      shrink(state, kernel, tol)
      first = findFirst(state)
    }
    let second = findSecond(state, kernel, first, tol)
    if (second < 0) {
      restoreAll(state, kernel)
      first = findFirst(state)
      second = findSecond(state, kernel, first, tol)
      if (second < 0) {
        converged = true
        break
      }
      untilShrinking = 1
    }
    numIterations++
    first = step(state, kernel, first.place, second)
  }
  if (!converged) restoreAll(state, kernel)
  const alpha = new Float64Array(problem.rows.length)
  state.origins.forEach((origin, t) => (alpha[origin] = state.alpha[t]!))
  return { alpha, rho: threshold(state), numIterations, converged }
}

/** What belongs to each row; those at places below `numActive` take part, and rows change places to bring that about. */
interface State extends SolverMemory {
  numActive: number
  /** True once everything has been looked at again near the optimum; that is done once. */
  hasLookedBack: boolean
  readonly numRows: number
  /** Place of each row in the problem. */
  readonly origins: Int32Array
  readonly signs: Int8Array
  readonly costs: Float64Array
  readonly alpha: Float64Array
}

function startState({ memory, diagonal }: KernelRows, { rows, signs, costs }: TwoClasses): State {
  const numRows = rows.length
  memory.rows.set(rows)
  rows.forEach((row, t) => {
    memory.diagonal[t] = diagonal[row]!
    memory.slopes[t] = -signs[t]!
    memory.boundSlopes[t] = 0
    memory.riseBias[t] = signs[t]! > 0 ? 0 : Infinity
    memory.fallBias[t] = signs[t]! < 0 ? 0 : -Infinity
  })
  return {
    ...memory,
    numActive: numRows,
    hasLookedBack: false,
    numRows,
    origins: Int32Array.from(rows.keys()),
    signs: signs.slice(),
    costs: costs.slice(),
    alpha: new Float64Array(numRows),
  }
}

/** The weight that violates the conditions most, where nothing has moved. */
function findFirst({ loops, numActive }: State): Found {
  return loops.move(numActive, 0, 0, 0, 0)
}

/** The second weight, or −1 when no two violate the conditions by more than `tol`. */
function findSecond(state: State, kernel: KernelRows, { place, slope }: Found, tol: number): number {
  if (place < 0) return -1
  const { loops, numActive, rows, diagonal } = state
  const second = loops.second(numActive, kernel.of(rows[place]!), slope, diagonal[place]!)
  return second.slope - slope < tol ? -1 : second.place
}

/** Moves two weights to the minimum over both, or to the end of the segment they may move on; returns the next first one. */
function step(state: State, kernel: KernelRows, i: number, j: number): Found {
  const { rows, signs, costs, alpha, diagonal, slopes, values, riseBias, fallBias } = state
  const atI = kernel.of(rows[i]!)
  const atJ = kernel.of(rows[j]!)
  const curvature = diagonal[i]! + diagonal[j]! - 2 * values[atI + rows[j]!]!
  const distance = (slopes[j]! - slopes[i]!) / (curvature > 0 ? curvature : leastCurvature)
  const [signI, signJ] = [signs[i]!, signs[j]!]
  const [oldI, oldJ] = [alpha[i]!, alpha[j]!]
  const [costI, costJ] = [costs[i]!, costs[j]!]
  // signI · αI + signJ · αJ stays.
  const parity = signI * signJ
  const total = oldI + parity * oldJ
  let newI = oldI + signI * distance
  let newJ = oldJ - signJ * distance
  if (newI < 0) [newI, newJ] = [0, parity * total]
  else if (newI > costI) [newI, newJ] = [costI, parity * (total - costI)]
  if (newJ < 0) [newI, newJ] = [total, 0]
  else if (newJ > costJ) [newI, newJ] = [total - parity * costJ, costJ]
  alpha[i] = newI
  alpha[j] = newJ
  for (const [t, old, at] of [
    [i, oldI, atI],
    [j, oldJ, atJ],
  ] as const) {
    const [isAtCost, isAtZero] = [alpha[t]! >= costs[t]!, alpha[t]! <= 0]
    riseBias[t] = (signs[t]! > 0 ? isAtCost : isAtZero) ? Infinity : 0
    fallBias[t] = (signs[t]! > 0 ? isAtZero : isAtCost) ? -Infinity : 0
    const change = Number(isAtCost) - Number(old >= costs[t]!)
    if (change !== 0) state.loops.add('boundSlopes', 0, state.numRows, at, change * signs[t]! * costs[t]!)
  }
  return state.loops.move(state.numActive, atI, atJ, signI * (newI - oldI), signJ * (newJ - oldJ))
}

/** Sets rows aside whose weight is at a bound and pulled beyond it by more than any violation. */
function shrink(state: State, kernel: KernelRows, tol: number): void {
  const { riseBias, fallBias, slopes } = state
  let lowest = Infinity
  let highest = -Infinity
  for (let t = 0; t < state.numActive; t++) {
    lowest = Math.min(lowest, slopes[t]! + riseBias[t]!)
    highest = Math.max(highest, slopes[t]! + fallBias[t]!)
  }
  if (!state.hasLookedBack && highest - lowest <= 10 * tol) {
    state.hasLookedBack = true
    restoreAll(state, kernel)
  }
  const isSettled = (t: number): boolean =>
    (riseBias[t] !== 0 && slopes[t]! < lowest) || (fallBias[t] !== 0 && slopes[t]! > highest)
  for (let t = 0; t < state.numActive; t++) {
    if (!isSettled(t)) continue
    state.numActive--
    while (state.numActive > t && isSettled(state.numActive)) state.numActive--
    exchange(state, t, state.numActive)
  }
}

function exchange(state: State, a: number, b: number): void {
  const { rows, origins, signs, costs, alpha, diagonal, riseBias, fallBias, slopes, boundSlopes } = state
  for (const list of [rows, origins, signs, costs, alpha, diagonal, riseBias, fallBias, slopes, boundSlopes]) {
    const held = list[a]!
    list[a] = list[b]!
    list[b] = held
  }
}

/** Brings back what was set aside, with its slopes as they are now. */
function restoreAll(state: State, kernel: KernelRows): void {
  const { numActive, numRows, rows, signs, costs, alpha, slopes, boundSlopes, loops } = state
  if (numActive === numRows) return
  for (let t = numActive; t < numRows; t++) slopes[t] = boundSlopes[t]! - signs[t]!
  for (let s = 0; s < numActive; s++) {
    if (alpha[s]! <= 0 || alpha[s]! >= costs[s]!) continue
    const at = kernel.of(rows[s]!)
    loops.add('slopes', numActive, numRows - numActive, at, signs[s]! * alpha[s]!)
  }
  state.numActive = numRows
}

/** Mean slope of the rows strictly between their bounds; without any, the middle of what the conditions allow. */
function threshold({ numRows, slopes, riseBias, fallBias }: State): number {
  let [sum, numFree, highest, lowest] = [0, 0, -Infinity, Infinity]
  for (let t = 0; t < numRows; t++) {
    if (riseBias[t] === 0 && fallBias[t] === 0) {
      sum += slopes[t]!
      numFree++
    } else if (riseBias[t] === 0) lowest = Math.min(lowest, slopes[t]!)
    else highest = Math.max(highest, slopes[t]!)
  }
  return numFree > 0 ? sum / numFree : (lowest + highest) / 2
}
