import type { AxisKernel } from './axis-kernel.js'
import { imageKernels, layOut } from './image-kernels.js'
import type { Raster } from './raster.js'

/** Source rows are handed over in strips of about so many bytes, which stay in cache. */
const stripBytes = 262_144
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
  const at = layOut({
    columns: tableBytes(columns),
    rows: tableBytes(rows),
    wide: (sourcePitch + 8) * rowsAtOnce * 8,
    strip: stripRows * sourcePitch,
    narrowed: sourceHeight * pitch,
    out: height * rowLength,
  })
  const kernels = imageKernels(at.end)
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
