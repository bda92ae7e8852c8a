import { expect, test } from 'vitest'
import { poolGrid } from './pool-grid.js'

// torch 2: F.adaptive_avg_pool2d(torch.arange(15.).reshape(1, 1, 3, 5), 2) and adaptive_max_pool2d.
const maps = Float32Array.from({ length: 15 }, (_, at) => at)
const size = { height: 3, width: 5, channels: 1 }

test.for([
  ['average', 2, [3.5, 5.5, 8.5, 10.5]],
  ['max', 2, [7, 9, 12, 14]],
  ['average', 1, [7]],
  ['max', 3, [1, 3, 4, 6, 8, 9, 11, 13, 14]],
] as const)('%s in %i parts', ([pooling, grid, expected]) => {
  expect([...poolGrid(maps, { ...size, grid, pooling })]).toEqual(expected)
})

test('channels are pooled apart, and maps', () => {
  const two = Float32Array.of(1, 10, 3, 30, 5, 50, 7, 70)
  expect([...poolGrid(two, { height: 1, width: 2, channels: 2, grid: 1, pooling: 'average' })]).toEqual([2, 20, 6, 60])
})
