import { blocks } from '../../numeric/kernels/blocks.js'
import { openKernels } from '../../numeric/kernels/kernels.js'
import type { BinnedColumns } from './bins.js'
import type { Cut, CutOptions } from './cut-finder.js'
import type { Histograms } from './histograms.js'

/**
 * {@link plainHistograms} by the WebAssembly kernels: the same cuts, bit for bit.
 *
 * @returns `undefined` where the kernels cannot be had.
 */
export function kernelHistograms(
  columns: BinnedColumns,
  options: CutOptions,
  numSlots: number,
): Histograms | undefined {
  const { numSamples: n, numFeatures: d, bins, numBins, stride, edges } = columns
  const { lambda, minChildWeight, leastGain } = options
  const slotBytes = 16 * d * stride
  const flagBytes = 8 * Math.ceil(stride / 8)
  const { at, total } = blocks({
    result: 16,
    pairs: 8 * n,
    goesLeft: n,
    rows: 4 * n,
    held: 4 * n,
    bins: bins.byteLength,
    numBins: 4 * d,
    scratch: 16 * stride,
    flags: flagBytes,
    slots: numSlots * slotBytes,
  })
  const kernels = openKernels(total)
  if (kernels === undefined) return undefined
  const { exports, buffer } = kernels
  const { BYTES_PER_ELEMENT: binBytes } = bins
  const heldBins = binBytes === 1 ? new Uint8Array(buffer, at.bins, n * d) : new Uint16Array(buffer, at.bins, n * d)
  heldBins.set(bins)
  new Int32Array(buffer, at.numBins, d).set(numBins)
  const pairSums = new Float64Array(buffer, at.result, 2)
  const foundBin = new Int32Array(buffer, at.result, 1)
  const foundGain = new Float32Array(buffer, at.result, 2)
  const addRows = binBytes === 1 ? exports.addRows8 : exports.addRows16
  const removeRows = binBytes === 1 ? exports.removeRows8 : exports.removeRows16
  const rowsCut = binBytes === 1 ? exports.rowsCut8 : exports.rowsCut16
  const divideRows = binBytes === 1 ? exports.divideRowsByBin8 : exports.divideRowsByBin16
  const slotAt = (slot: number): number => at.slots + slot * slotBytes
  const limits = [lambda, minChildWeight, leastGain] as const
  const found = (feature: number): Cut => {
    if (feature < 0) return { feature, threshold: 0, gain: leastGain }
    const bin = foundBin[0]!
    return { feature, threshold: edges[feature * stride + bin]!, gain: foundGain[1]!, bin }
  }
  return {
    pairs: new Float32Array(buffer, at.pairs, 2 * n),
    rows: new Int32Array(buffer, at.rows, n),
    sums: (start, end) => {
      exports.sumRows(at.rows, at.pairs, at.result, start, end)
      return { sumG: pairSums[0]!, sumH: pairSums[1]! }
    },
    divideRows: ({ feature, bin = 0 }, { start, end }) =>
      divideRows(at.rows, at.held, at.goesLeft, at.bins + binBytes * feature * n, start, end, bin),
    clear: (slot) => exports.clear(slotAt(slot), slotBytes),
    add: (slot, { start, end }) => addRows(slotAt(slot), at.bins, at.rows, at.pairs, n, d, stride, start, end),
    remove: (slot, { start, end }) => removeRows(slotAt(slot), at.bins, at.rows, at.pairs, n, d, stride, start, end),
    subtract: (slot, other) => exports.subtract(slotAt(slot), slotAt(other), slotBytes),
    bestCut: (slot, { sumG, sumH, gain }) =>
      found(exports.histogramCut(slotAt(slot), at.numBins, at.result, d, stride, sumG, sumH, gain, ...limits)),
    bestCutOfRows: ({ start, end, sumG, sumH, gain }) => {
      const [where, sums] = [
        [at.bins, at.rows, at.pairs, at.scratch, at.flags, at.result, n, d, flagBytes, start, end],
        [sumG, sumH, gain],
      ] as const
      return found(rowsCut(...where, ...sums, ...limits))
    },
  }
}
