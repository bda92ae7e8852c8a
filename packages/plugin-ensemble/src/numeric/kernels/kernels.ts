import { kernelsBinary } from './binary.js'
import type { PartName } from './crew-control.js'
import type { Crew } from './crew.js'

/** Numeric loops compiled to WebAssembly, with memory of their own. */
export interface Kernels {
  /** A block of float64 numbers inside that memory; `at` is its address. Blocks are never given back. */
  allocate(length: number): Block
  /** Work in parts, by the threads of the crew where there is one; a part writes where no other does. */
  runParts(name: PartName, numParts: number, args: readonly number[]): void
  /** Replaces the first `count` (even) values from `start` by their tanh (to 4e-16); returns the sum of 1 − tanh². */
  tanhSum(x: Block, start: number, count: number): number
}

/** Numbers inside the kernels' memory. */
export interface Block {
  readonly at: number
  readonly data: Float64Array
}

/** Cuts and lists of trees with row numbers of 2 or 4 bytes; every argument before `sums` is an address or a count. */
type BestCut = (
  list: number,
  values: number,
  pairs: number,
  result: number,
  n: number,
  d: number,
  start: number,
  end: number,
  sumG: number,
  sumH: number,
  nodeGain: number,
  lambda: number,
  minChildWeight: number,
  leastGain: number,
) => number
type Divide = (
  from: number,
  order: number,
  held: number,
  goesLeft: number,
  n: number,
  d: number,
  start: number,
  end: number,
) => void
type Keep = (
  from: number,
  order: number,
  held: number,
  goesLeft: number,
  n: number,
  d: number,
  start: number,
  end: number,
  to: number,
  side: number,
) => void

/** Rows of a node whose entry of a column is below a limit go first; returns where the others start. */
type DivideRows = (
  rows: number,
  held: number,
  goesLeft: number,
  column: number,
  start: number,
  end: number,
  limit: number,
) => number
type CountRows = (
  histogram: number,
  bins: number,
  rows: number,
  pairs: number,
  n: number,
  d: number,
  stride: number,
  start: number,
  end: number,
) => void
type HistogramCut = (
  histogram: number,
  numBins: number,
  result: number,
  d: number,
  stride: number,
  sumG: number,
  sumH: number,
  nodeGain: number,
  lambda: number,
  minChildWeight: number,
  leastGain: number,
) => number
type RowsCut = (
  bins: number,
  rows: number,
  pairs: number,
  scratch: number,
  flags: number,
  result: number,
  n: number,
  d: number,
  flagBytes: number,
  start: number,
  end: number,
  sumG: number,
  sumH: number,
  nodeGain: number,
  lambda: number,
  minChildWeight: number,
  leastGain: number,
) => number

type Screen = (bank: number, query: number, out: number, n: number, d: number) => void

/** The functions of the module, on addresses; see assembly/ for each. */
export interface KernelExports {
  readonly bestCut16: BestCut
  readonly bestCut32: BestCut
  readonly divide16: Divide
  readonly divide32: Divide
  readonly keep16: Keep
  readonly keep32: Keep
  readonly divideRowsByValue: DivideRows
  readonly divideRowsByBin8: DivideRows
  readonly divideRowsByBin16: DivideRows
  readonly addRows8: CountRows
  readonly addRows16: CountRows
  readonly removeRows8: CountRows
  readonly removeRows16: CountRows
  readonly histogramCut: HistogramCut
  readonly rowsCut8: RowsCut
  readonly rowsCut16: RowsCut
  lowerTimes(a: number, d: number, k: number, x: number, p: number): void
  rankTwo(a: number, d: number, k: number, x: number, p: number): void
  sumRows(rows: number, pairs: number, result: number, start: number, end: number): void
  subtract(a: number, b: number, bytes: number): void
  clear(at: number, bytes: number): void
  readonly screenL1: Screen
  readonly screenL2: Screen
  readonly gramPart: (part: number, ...args: number[]) => void
  readonly productsPart: (part: number, ...args: number[]) => void
  readonly icaPart: (part: number, ...args: number[]) => void
  tanhSum(x: number, count: number): number
  secondWeight(
    slopes: number,
    fallBias: number,
    diagonal: number,
    rows: number,
    values: number,
    result: number,
    count: number,
    lowest: number,
    own: number,
  ): number
  moveSlopes(
    slopes: number,
    riseBias: number,
    rows: number,
    valuesOfI: number,
    valuesOfJ: number,
    result: number,
    count: number,
    moveI: number,
    moveJ: number,
  ): number
  addWeighted(out: number, rows: number, values: number, count: number, weight: number): void
  gaussian(bank: number, query: number, out: number, n: number, d: number, gamma: number): void
}

/** The part of WebAssembly that is used; Node's types declare it with the DOM only. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: KernelExports }
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number; readonly shared: true }) => {
    readonly buffer: SharedArrayBuffer
  }
}

const pageBytes = 65_536

/**
 * Kernels with room for some numbers.
 *
 * @param numNumbers - Total length of all blocks that will be allocated; 16 blocks are as many as anyone needs.
 * @param crew - Threads that {@link Kernels.runParts} shares work with; the results do not depend on them.
 * @returns `undefined` where the engine has no WebAssembly SIMD or not that much memory; callers then use plain loops.
 */
export function createKernels(numNumbers: number, crew?: Crew): Kernels | undefined {
  const opened = openKernels(8 * numNumbers + 16 * 16)
  if (opened === undefined) return undefined
  const { exports, buffer, module, memory } = opened
  let next = 0
  return {
    allocate: (length) => {
      const at = next
      next += 16 * Math.ceil((8 * length) / 16)
      return { at, data: new Float64Array(buffer, at, length) }
    },
    runParts: (name, numParts, args) => {
      const work = (part: number): void => exports[name](part, ...args)
      if (crew !== undefined) crew.run({ module, memory, name, numParts, args, work })
      else for (let part = 0; part < numParts; part++) work(part)
    },
    tanhSum: (x, start, count) => exports.tanhSum(x.at + 8 * start, count),
  }
}

/** An instance of the kernels. */
export interface OpenKernels {
  readonly exports: KernelExports
  readonly buffer: SharedArrayBuffer
  readonly module: object
  readonly memory: object
}

let compiled: object | undefined

/** The functions of the module, on a memory. */
export function instantiate(module: object, memory: object): KernelExports {
  const { Instance } = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyLike
  return new Instance(module, { env: { memory } }).exports
}

/** The bare functions, with memory of the given size. */
export function openKernels(numBytes: number): OpenKernels | undefined {
  const engine = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyLike | undefined
  const pages = Math.ceil(numBytes / pageBytes)
  if (engine === undefined || pages > 32_767) return undefined
  try {
    const module = (compiled ??= new engine.Module(Buffer.from(kernelsBinary, 'base64')))
    const memory = new engine.Memory({ initial: pages, maximum: pages, shared: true })
    return { exports: instantiate(module, memory), buffer: memory.buffer, module, memory }
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.name === 'CompileError')) return undefined
    throw error
  }
}
