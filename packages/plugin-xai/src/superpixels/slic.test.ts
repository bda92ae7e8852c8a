import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { slic } from './slic.js'

interface PeerCase {
  readonly name: string
  readonly shape: [number, number, number]
  readonly numSegments: number
  readonly compactness: number
  readonly pixels: number[]
  readonly labels: number[]
}

// scikit-image 0.26.0, scripts/peer_slic.py
const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/slic.json', import.meta.url), 'utf8')) as {
  cases: PeerCase[]
}

describe('slic', () => {
  test.each(cases)('cuts as scikit-image does: $name', ({ pixels, shape, numSegments, compactness, labels }) => {
    const found = slic({ data: pixels, shape }, { numSegments, compactness })
    expect([...found.labels]).toEqual(labels)
    expect(found.numSegments).toBe(Math.max(...labels) + 1)
  })

  test('cuts a constant picture into a grid, and a picture of one pixel into one', () => {
    const constant = slic({ data: new Uint8Array(64).fill(7), shape: [8, 8, 1] }, { numSegments: 4, compactness: 0.1 })
    expect(constant.numSegments).toBe(4)
    const pixel = slic({ data: [3], shape: [1, 1, 1] }, { numSegments: 16, compactness: 0.1 })
    expect(pixel).toMatchObject({ numSegments: 1, labels: Int32Array.of(0) })
  })
})
