import { blocks } from '../../numeric/kernels/blocks.js'
import { openKernels } from '../../numeric/kernels/kernels.js'
import type { SortedColumns } from '../../numeric/trees/sorted-columns.js'
import { thresholdBetween, type CutFinder, type CutOptions } from './cut-finder.js'

/**
 * {@link plainColumnLists} by the WebAssembly kernels: the same cuts, bit for bit, in a third of the time.
 *
 * Row numbers take two bytes where they fit, so that the lists of all columns stay in the processor's cache.
 *
 * @returns `undefined` where the kernels cannot be had.
 */
export function kernelColumnLists(columns: SortedColumns, options: CutOptions): CutFinder | undefined {
  const { numSamples: n, numFeatures: d } = columns
  const { lambda, minChildWeight, leastGain } = options
  const rowBytes = n <= 65_536 ? 2 : 4
  const { at, total } = blocks({
    result: 16,
    pairs: 8 * n,
    goesLeft: n,
    rows: 4 * n,
    held: 4 * n,
    values: 4 * n * d,
    sorted: rowBytes * n * d,
    order: rowBytes * n * d,
  })
  const kernels = openKernels(total)
  if (kernels === undefined) return undefined
  const { exports, buffer } = kernels
  new Float32Array(buffer, at.values, n * d).set(columns.values)
  const sorted = rowBytes === 2 ? new Uint16Array(buffer, at.sorted, n * d) : new Int32Array(buffer, at.sorted, n * d)
  sorted.set(columns.order)
  const result = new Float32Array(buffer, at.result, 3)
  const pairSums = new Float64Array(buffer, at.result, 2)
  const bestCut = rowBytes === 2 ? exports.bestCut16 : exports.bestCut32
  const divideBoth = rowBytes === 2 ? exports.divide16 : exports.divide32
  const keepSide = rowBytes === 2 ? exports.keep16 : exports.keep32
  return {
    pairs: new Float32Array(buffer, at.pairs, 2 * n),
    rows: new Int32Array(buffer, at.rows, n),
    sums: (start, end) => {
      exports.sumRows(at.rows, at.pairs, at.result, start, end)
      return { sumG: pairSums[0]!, sumH: pairSums[1]! }
    },
    bestCut: ({ start, end, sumG, sumH, gain }, isWhole) => {
      const list = isWhole ? at.sorted : at.order
      const [where, sums] = [
        [list, at.values, at.pairs, at.result, n, d, start, end],
        [sumG, sumH, gain],
      ] as const
      const feature = bestCut(...where, ...sums, lambda, minChildWeight, leastGain)
      return { feature, threshold: thresholdBetween(result[0]!, result[1]!), gain: result[2]! }
    },
    divideRows: ({ feature, threshold }, { start, end }) =>
      exports.divideRowsByValue(at.rows, at.held, at.goesLeft, at.values + 4 * feature * n, start, end, threshold),
    divide: ({ start, end }, middle, kept, isWhole) => {
      if (kept === 'none') return
      const from = isWhole ? at.sorted : at.order
      if (kept === 'both') divideBoth(from, at.order, at.held, at.goesLeft, n, d, start, end)
      else if (kept === 'left') keepSide(from, at.order, at.held, at.goesLeft, n, d, start, end, start, 1)
      else keepSide(from, at.order, at.held, at.goesLeft, n, d, start, end, middle, 0)
    },
  }
}
