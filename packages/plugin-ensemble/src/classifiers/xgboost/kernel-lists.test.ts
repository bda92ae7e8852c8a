import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { sortColumns, type SortedColumns } from '../../numeric/trees/sorted-columns.js'
import { treesBuilder, type Trees } from '../../numeric/trees/trees.js'
import { plainColumnLists } from './column-lists.js'
import type { CutFinder } from './cut-finder.js'
import { growerOn } from './grow-tree.js'
import { kernelColumnLists } from './kernel-lists.js'

const options = { learningRate: 0.9, maxDepth: 6, lambda: 1, gamma: 0, minChildWeight: 1 }
const cutOptions = { lambda: 1, minChildWeight: 1, leastGain: Math.fround(1e-6) }

function table(numSamples: number, numFeatures: number): SortedColumns {
  const rng = createRng('lists', numSamples)
  const x = matrix(numSamples, numFeatures)
  // The first column has many equal values.
  for (let i = 0; i < x.data.length; i++) x.data[i] = i % numFeatures === 0 ? rng.integer(5) : rng.normal()
  return sortColumns(x)
}

function growOn(finder: CutFinder, columns: SortedColumns, growOptions = options): { trees: Trees; leaves: unknown[] } {
  const rng = createRng('gradients')
  const n = columns.numSamples
  const builder = treesBuilder()
  const leaves: unknown[] = []
  const grower = growerOn(finder, growOptions)
  for (let round = 0; round < 3; round++) {
    const pairs = Float32Array.from({ length: 2 * n }, (_, at) =>
      at % 2 === 1 ? rng.uniform(0.01, 0.5) : rng.normal() + Math.sign(columns.values[n + at / 2]!),
    )
    grower.grow(pairs, builder, (node, value, rows) => leaves.push([node, value, Array.from(rows)]))
  }
  return { trees: builder.finish(), leaves }
}

test.each([
  [400, 5],
  [70_000, 2],
])('the kernels grow the trees of the plain loops, bit for bit: %i × %i', (n, d) => {
  const columns = table(n, d)
  const fast = growOn(kernelColumnLists(columns, cutOptions)!, columns)
  const plain = growOn(plainColumnLists(columns, cutOptions), columns)
  expect(fast.trees.roots).toHaveLength(3)
  expect(fast.trees.features.some((feature) => feature >= 0)).toBe(true)
  expect(fast).toEqual(plain)
})
