import { imageKernelsBinary } from './image-kernels-binary.js'

/** Rows of one channel or three to the target width; see kernels/assembly. All arguments but counts and pitches are addresses. */
type Narrow = (
  source: number,
  numRows: number,
  sourcePitch: number,
  wide: number,
  spans: number,
  weights: number,
  width: number,
  out: number,
  outPitch: number,
) => void

/** The kernels, and the memory that they work in; see kernels/assembly. */
export interface ImageKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly narrow1: Narrow
  readonly narrow3: Narrow
  shorten(
    source: number,
    sourcePitch: number,
    spans: number,
    weights: number,
    height: number,
    out: number,
    rowLength: number,
  ): void
  blur(
    picture: number,
    height: number,
    width: number,
    channels: number,
    weights: number,
    numWeights: number,
    columns: number,
    rows: number,
    line: number,
    across: number,
  ): void
  turnHue(pixels: number, numPixels: number, turns: number): void
  meanGrey(pixels: number, numPixels: number): number
  blend(values: number, numValues: number, factor: number, rest: number, base: number): void
  blendWithGrey(pixels: number, numPixels: number, factor: number, rest: number): void
}

/** The part of WebAssembly that is used; Node's types declare it with the DOM only. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: ImageKernels }
}

const pageBytes = 65_536
/** Memory is kept for the next picture; more than this is never taken. */
const mostBytes = 67_108_864

let opened: ImageKernels | 'none' | undefined

/**
 * The kernels with at least so many bytes of memory; it is shared by all calls, which do not overlap.
 *
 * @returns `undefined` above 64 MB, where there is not so much, and for engines without WebAssembly SIMD.
 */
export function imageKernels(numBytes: number): ImageKernels | undefined {
  if (numBytes > mostBytes) return undefined
  opened ??= open() ?? 'none'
  if (opened === 'none') return undefined
  const missing = numBytes - opened.memory.buffer.byteLength
  try {
    if (missing > 0) opened.memory.grow(Math.ceil(missing / pageBytes))
    return opened
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function open(): ImageKernels | undefined {
  const engine = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyLike | undefined
  if (engine === undefined) return undefined
  try {
    return new engine.Instance(new engine.Module(Buffer.from(imageKernelsBinary, 'base64'))).exports
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.name === 'CompileError')) return undefined
    throw error
  }
}

/** Addresses of parts that lie behind one another in the kernels' memory, each with eight bytes to spare, and where they end. */
export function layOut<K extends string>(bytes: Readonly<Record<K, number>>): Readonly<Record<K | 'end', number>> {
  let end = 0
  const at: Partial<Record<K | 'end', number>> = {}
  for (const [name, length] of Object.entries(bytes) as [K, number][]) {
    at[name] = end
    end += 16 * Math.ceil((length + 8) / 16)
  }
  return { ...(at as Record<K, number>), end }
}
