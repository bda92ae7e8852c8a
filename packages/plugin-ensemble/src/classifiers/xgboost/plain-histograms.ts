import type { BinnedColumns } from './bins.js'
import { plainRows, type Cut, type CutOptions, type NodeRows, type Stretch } from './cut-finder.js'
import type { Histograms } from './histograms.js'

/** {@link Histograms} in plain loops; the reference for the kernels. */
export function plainHistograms(columns: BinnedColumns, options: CutOptions, numSlots: number): Histograms {
  const { numSamples: n, numFeatures: d, bins, numBins, stride, edges } = columns
  const { lambda, minChildWeight, leastGain } = options
  const size = 2 * d * stride
  const cells = Array.from({ length: numSlots }, () => new Float64Array(size))
  const few = new Float64Array(size)
  const counts = new Int32Array(stride)
  const { pairs, rows, sums, divideRows } = plainRows(n)

  const count = (target: Float64Array, { start, end }: Stretch, sign: 1 | -1): void => {
    for (let j = 0; j < d; j++) {
      for (let r = start; r < end; r++) {
        const at = 2 * (j * stride + bins[j * n + rows[r]!]!)
        target[at]! += sign * pairs[2 * rows[r]!]!
        target[at + 1]! += sign * pairs[2 * rows[r]! + 1]!
      }
    }
  }

  /** Tries the cut above each of the given bins of a column, from the lowest up; the last one has nothing above. */
  const scan = (from: Float64Array, j: number, places: readonly number[], node: NodeRows, best: Cut): Cut => {
    let found = best
    let [gLeft, hLeft] = [0, 0]
    let floor = (best.gain + node.gain) * (1 - 1e-6)
    for (const bin of places.slice(0, -1)) {
      gLeft += from[2 * (j * stride + bin)]!
      hLeft += from[2 * (j * stride + bin) + 1]!
      if (hLeft < minChildWeight) continue
      const hRight = node.sumH - hLeft
      if (hRight < minChildWeight) break
      const gRight = node.sumG - gLeft
      const a = hRight + lambda
      const b = hLeft + lambda
      if (gRight * gRight * b + gLeft * gLeft * a <= floor * a * b) continue
      const sides = Math.fround(Math.fround((gRight * gRight) / a) + Math.fround((gLeft * gLeft) / b))
      const gain = Math.fround(sides - node.gain)
      if (gain <= found.gain) continue
      found = { feature: j, threshold: edges[j * stride + bin + 1]!, gain, bin: bin + 1 }
      floor = (gain + node.gain) * (1 - 1e-6)
    }
    return found
  }

  const allColumns = (from: Float64Array, node: NodeRows, binsOf: (j: number) => number[]): Cut => {
    let best: Cut = { feature: -1, threshold: 0, gain: leastGain }
    for (let j = 0; j < d; j++) best = scan(from, j, binsOf(j), node, best)
    return best
  }

  return {
    pairs,
    rows,
    sums,
    divideRows: ({ feature, bin = 0 }, stretch) => divideRows((row) => bins[feature * n + row]! < bin, stretch),
    clear: (slot) => cells[slot]!.fill(0),
    add: (slot, stretch) => count(cells[slot]!, stretch, 1),
    remove: (slot, stretch) => count(cells[slot]!, stretch, -1),
    subtract: (slot, other) => {
      const [target, taken] = [cells[slot]!, cells[other]!]
      for (let at = 0; at < size; at++) target[at]! -= taken[at]!
    },
    bestCut: (slot, node) =>
      allColumns(cells[slot]!, node, (j) => Array.from({ length: numBins[j]! }, (_, bin) => bin)),
    bestCutOfRows: (node) => {
      few.fill(0)
      count(few, node, 1)
      return allColumns(few, node, (j) => {
        counts.fill(0)
        for (let r = node.start; r < node.end; r++) counts[bins[j * n + rows[r]!]!]!++
        return Array.from(counts.keys()).filter((bin) => counts[bin]! > 0)
      })
    },
  }
}
