import { createRng } from '@etsef/plugin-api'
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { nearestNeighbours, type Metric } from './nearest-neighbours.js'

/** Every distance, sorted; equal ones by row. */
function bySorting(
  rows: Matrix,
  queries: Matrix,
  k: number,
  metric: 'l1' | 'l2',
): { indices: number[]; distances: number[] } {
  const d = rows.numFeatures
  const [indices, distances]: [number[], number[]] = [[], []]
  for (let i = 0; i < queries.numSamples; i++) {
    const all = Array.from({ length: rows.numSamples }, (_, r) => {
      let sum = 0
      for (let j = 0; j < d; j++) {
        const difference = rows.data[r * d + j]! - queries.data[i * d + j]!
        sum += metric === 'l1' ? Math.abs(difference) : difference * difference
      }
      return sum
    })
    const order = all.map((_, r) => r).sort((a, b) => all[a]! - all[b]! || a - b)
    for (const r of order.slice(0, k)) {
      indices.push(r)
      distances.push(metric === 'l1' ? all[r]! : Math.sqrt(all[r]!))
    }
  }
  return { indices, distances }
}

const metrics: Metric[] = ['l1', 'l2']

test.prop(
  [fc.integer(), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1e-3, 1, 1e6, 1e16), fc.constantFrom(0, 1e5)],
  { numRuns: 60 },
)('is what sorting every distance gives, near ties and large offsets included', (seed, d, scale, offset) => {
  const rng = createRng(seed)
  // Multiples of 2⁻³⁰: many rows differ by less than float32 can tell apart.
  const table = (n: number): Matrix =>
    matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, () => offset + scale * (rng.integer(4) + rng.integer(3) * 2 ** -30)),
    )
  const [rows, queries] = [table(100), table(5)]
  for (const metric of metrics) {
    const found = nearestNeighbours(rows, queries, 7, metric)
    const expected = bySorting(rows, queries, 7, metric as 'l1' | 'l2')
    expect(Array.from(found.indices)).toEqual(expected.indices)
    expect(Array.from(found.distances)).toEqual(expected.distances)
  }
})
