import type { AxisKernel } from './axis-kernel.js'
import { resizeKernelsBinary } from './resize-kernels-binary.js'
import type { Raster } from './raster.js'

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

interface Kernels {
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
}

/** The part of WebAssembly that is used; Node's types declare it with the DOM only. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Kernels }
}

const pageBytes = 65_536
/** Source rows are handed over in strips of about so many bytes, which stay in cache. */
const stripBytes = 262_144
/** Memory is kept for the next picture; more than this is never taken. */
const mostBytes = 67_108_864
/** Rows the kernel narrows at a time. */
const rowsAtOnce = 2

/**
 * The two passes by SIMD kernels, the bytes of {@link resizePlain}.
 *
 * @returns `undefined` for what the kernels do not do: floats, channels other than 1 or 3, pictures that need more than 64 MB, and
 * engines without WebAssembly SIMD.
 */
export function resizeByKernel<T extends Uint8Array | Float32Array>(
  { height: sourceHeight, width: sourceWidth, channels, data }: Raster<T>,
  rows: AxisKernel,
  columns: AxisKernel,
): Raster<T> | undefined {
  if (!(data instanceof Uint8Array) || (channels !== 1 && channels !== 3) || data.length === 0) return undefined
  const height = rows.start.length
  const width = columns.start.length
  const sourcePitch = sourceWidth * channels
  const rowLength = width * channels
  if (height === 0 || width === 0) return undefined
  // A stored pixel, and eight bytes at a time, may reach past the end of a row.
  const pitch = 8 * Math.ceil((rowLength + 1) / 8)
  const stripRows = Math.min(sourceHeight, rowsAtOnce * Math.max(1, Math.floor(stripBytes / rowsAtOnce / sourcePitch)))
  const at = { columns: 0, rows: 0, wide: 0, strip: 0, narrowed: 0, out: 0 }
  let total = 0
  const place = (name: keyof typeof at, bytes: number): void => {
    at[name] = total
    total += 16 * Math.ceil((bytes + 8) / 16)
  }
  place('columns', tableBytes(columns))
  place('rows', tableBytes(rows))
  place('wide', (sourcePitch + 8) * rowsAtOnce * 8)
  place('strip', stripRows * sourcePitch)
  place('narrowed', sourceHeight * pitch)
  place('out', height * rowLength)
  const kernels = kernelsWith(total)
  if (kernels === undefined) return undefined
  const { buffer } = kernels.memory
  const columnWeights = writeTable(buffer, at.columns, columns)
  const rowWeights = writeTable(buffer, at.rows, rows)
  const strip = new Uint8Array(buffer, at.strip, stripRows * sourcePitch)
  const narrow = channels === 3 ? kernels.narrow3 : kernels.narrow1
  for (let y = 0; y < sourceHeight; y += stripRows) {
    const numRows = Math.min(stripRows, sourceHeight - y)
    strip.set(data.subarray(y * sourcePitch, (y + numRows) * sourcePitch))
    const out = at.narrowed + y * pitch
    narrow(at.strip, numRows, sourcePitch, at.wide, at.columns, columnWeights, width, out, pitch)
  }
  kernels.shorten(at.narrowed, pitch, at.rows, rowWeights, height, at.out, rowLength)
  // The source holds bytes, so T is theirs.
  return { height, width, channels, data: new Uint8Array(buffer, at.out, height * rowLength).slice() as T }
}

function tableBytes({ spans, flat }: AxisKernel): number {
  return spans.byteLength + flat.byteLength
}

/** Writes first pixel and number of weights of each target pixel, then all weights; returns where those are. */
function writeTable(buffer: ArrayBuffer, at: number, { spans, flat }: AxisKernel): number {
  new Int32Array(buffer, at, spans.length).set(spans)
  new Float64Array(buffer, at + spans.byteLength, flat.length).set(flat)
  return at + spans.byteLength
}

let opened: Kernels | 'none' | undefined

/** The kernels with at least so many bytes of memory; it is shared by all calls, which do not overlap. */
function kernelsWith(numBytes: number): Kernels | undefined {
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

function open(): Kernels | undefined {
  const engine = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyLike | undefined
  if (engine === undefined) return undefined
  try {
    return new engine.Instance(new engine.Module(Buffer.from(resizeKernelsBinary, 'base64'))).exports
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.name === 'CompileError')) return undefined
    throw error
  }
}
