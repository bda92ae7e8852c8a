import { expect, test } from 'vitest'
import { channelStatistics } from './channel-statistics.js'

test('by hand: two pixels of two channels', () => {
  const picture = { dtype: 'uint8', shape: [1, 2, 2], data: Uint8Array.of(1, 10, 3, 10) } as const
  expect(channelStatistics(picture)).toEqual({ mean: [2, 10], std: [1, 0] })
})
