import { createRng, type PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { borderAlarm, frameOf, type FrameRows } from './border-model.js'
import { relativeChange } from './model-checks.js'
import { imputePixels } from './impute-pixels.js'
import { countOf, rankPixels, spearman } from './rank-pixels.js'
import { removalScores, unexplained } from './removal-tests.js'

const plane = (rows: readonly (readonly number[])[]) => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0]!.length, 1] as const,
})
const without = (size: number, ...missing: number[]) =>
  Uint8Array.from({ length: size }, (_, i) => (missing.includes(i) ? 1 : 0))

describe('imputePixels', () => {
  // By hand, with weights 1/6 at edges and 1/12 at corners.
  test.each([
    [
      'the centre of a ramp',
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
      ],
      [4],
      [4],
    ],
    [
      'the centre of another',
      [
        [1, 2, 3],
        [4, 0, 6],
        [7, 8, 9],
      ],
      [4],
      [5],
    ],
    [
      'a corner, re-weighted',
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
      ],
      [0],
      [2.4],
    ],
  ])('fills in %s', (_, rows, missing, expected) => {
    const filled = imputePixels(plane(rows), without(9, ...missing))
    missing.forEach((at, i) => expect(filled[at]).toBeCloseTo(expected[i]!, 5))
  })
  test('solves neighbours that are missing together, and leaves the others alone', () => {
    const filled = imputePixels(
      plane([
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
      ]),
      without(9, 0, 1),
    )
    expect(filled[0]).toBeCloseTo(3.3333333, 5)
    expect(filled[1]).toBeCloseTo(3.3333333, 5)
    expect([...filled.slice(2)]).toEqual([2, 3, 4, 5, 6, 7, 8])
  })
  test('gives the mean where nothing is left', () => {
    expect([
      ...imputePixels(
        plane([
          [1, 2],
          [3, 6],
        ]),
        new Uint8Array(4).fill(1),
      ),
    ]).toEqual([3, 3, 3, 3])
  })
})

describe('ranks', () => {
  test('removes exactly so many pixels of a constant map, in no order of place', () => {
    expect([countOf(0.2, 64), countOf(0.8, 64), countOf(0.01, 64), countOf(1, 64), countOf(0.1, 10)]).toEqual([
      13, 52, 1, 64, 1,
    ])
    const rng = createRng(1)
    const order = rankPixels(new Float64Array(64), () => rng.next())
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i))
    expect(spearman(order, Array.from(order.keys()))).toBeLessThan(0.4)
  })
  test('puts the one positive pixel of a map first, and after it exactly as many of the others as are asked for', () => {
    const rng = createRng(2)
    const map = new Float64Array(64)
    map[37] = 1
    const order = rankPixels(map, () => rng.next())
    expect(order[0]).toBe(37)
    expect(new Set(Array.from(order).slice(0, countOf(0.2, 64))).size).toBe(13)
  })
  test('correlates as scipy does, ties sharing their mean, and a constant with nothing', () => {
    // scipy 1.17.1 spearmanr([1,2,2,3,5],[5,6,7,8,7]) = 0.7631578947
    expect(spearman([1, 2, 2, 3, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.763157894736842, 12)
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0)
  })
})

describe('removalScores', () => {
  const size = 24
  // A dark picture with a bright square, and a function that looks at the square alone.
  const isInside = (at: number): boolean =>
    Math.floor(at / size) >= 6 && Math.floor(at / size) < 12 && at % size >= 6 && at % size < 12
  const picture = {
    data: Float32Array.from({ length: size * size }, (_, at) => (isInside(at) ? 220 : 30)),
    shape: [size, size, 1] as const,
  }
  const brightness = (pictures: readonly (() => PixelImage)[]): Promise<Float64Array> =>
    Promise.resolve(
      Float64Array.from(pictures, (make) =>
        Array.from(make().data).reduce((sum, value, at) => sum + (isInside(at) ? value / 255 / 36 : 0), 0),
      ),
    )
  test('finds a map of the place better than its opposite and than one that knows nothing', async () => {
    const right = Float64Array.from({ length: size * size }, (_, at) => (isInside(at) ? 1 : 0))
    const own = await removalScores(picture, right, brightness, createRng(1))
    const other = await removalScores(
      picture,
      right.map((value) => -value),
      brightness,
      createRng(1),
    )
    expect(own.deletion).toBeLessThan(other.deletion - 0.1)
    expect(own.insertion).toBeGreaterThan(other.insertion + 0.1)
    expect(own.road).toBeGreaterThan(0.2)
    expect(other.road).toBeCloseTo(-own.road, 1)
    expect(own.infidelity).toBeLessThan(0.3)
    expect(other.infidelity).toBe(1)
    const nothing = await removalScores(picture, new Float64Array(size * size), brightness, createRng(1))
    expect(nothing.infidelity).toBe(1)
    expect(Math.abs(nothing.road)).toBeLessThan(own.road / 2)
  })
})

test('unexplained is 0 for a map that tells every change at some scale, 1 for nothing', () => {
  expect(unexplained([1, 2, 3], [2, 4, 6])).toBeCloseTo(0, 12)
  expect(unexplained([0, 0, 0], [2, 4, 6])).toBe(1)
  expect(unexplained([1, 2, 3], [0, 0, 0])).toBe(1)
  expect(unexplained([1, -1], [1, 1])).toBe(1)
})

test('a linear function is told whole by gradient × input under masks, and by the gradient under noise', () => {
  const rng = createRng(2)
  const numbers = (length: number): number[] => Array.from({ length }, () => rng.normal())
  const [weights, x] = [numbers(30), numbers(30)]
  const f = (point: readonly number[]): number => point.reduce((sum, value, i) => sum + weights[i]! * value, 1)
  const masks = Array.from({ length: 20 }, () => x.map(() => Number(rng.next() < 0.3)))
  const underMasks = unexplained(
    masks.map((mask) => x.reduce((sum, value, i) => sum + mask[i]! * weights[i]! * value, 0)),
    masks.map((mask) => f(x) - f(x.map((value, i) => (mask[i] === 1 ? 0 : value)))),
  )
  expect(underMasks).toBeCloseTo(0, 12)
  const noises = Array.from({ length: 20 }, () => numbers(30))
  const underNoise = unexplained(
    noises.map((noise) => noise.reduce((sum, value, i) => sum + value * weights[i]!, 0)),
    noises.map((noise) => f(x) - f(x.map((value, i) => value - noise[i]!))),
  )
  expect(underNoise).toBeCloseTo(0, 12)
})

test('max-sensitivity of an explanation that never changes is 0, be it empty or not', () => {
  expect(relativeChange([1, -2], [1, -2])).toBe(0)
  expect(relativeChange([0, 0], [0, 0])).toBe(0)
  expect(relativeChange([3, 4], [3, 9])).toBe(1)
})

describe('borderAlarm', () => {
  const rows = (seed: number, isMarked: boolean, numGroups: number): FrameRows => {
    const rng = createRng(seed, String(numGroups))
    const made = Array.from({ length: numGroups * 2 }, (_, i) => {
      const label = Math.floor(i / 2) % 3
      const data = Uint8Array.from({ length: 32 * 32 }, () => rng.integer(60))
      // Burned-in text, the place of which follows the class.
      if (isMarked) for (let y = 0; y < 3; y++) data.fill(230, y * 32 + 4 + 9 * label, y * 32 + 9 + 9 * label)
      return { frame: frameOf({ dtype: 'uint8', shape: [32, 32, 1], data }), label, group: String(Math.floor(i / 2)) }
    })
    return {
      frames: made.map(({ frame }) => frame),
      labels: made.map(({ label }) => label),
      groups: made.map(({ group }) => group),
    }
  }
  test.each(Array.from({ length: 10 }, (_, seed) => seed))(
    'is raised by a planted cue, and not without one: seed %i',
    (seed) => {
      const alarm = (isMarked: boolean) =>
        borderAlarm(rows(seed, isMarked, 45), rows(seed + 100, isMarked, 30), 3, createRng(seed))
      expect(alarm(true)).toMatchObject({ isRaised: true, balancedAccuracy: 1 })
      expect(alarm(false)).toMatchObject({ isRaised: false })
    },
  )
  test('says nothing of one class', () => {
    const { frames, groups } = rows(1, true, 12)
    const one = { frames, groups, labels: frames.map(() => 0) }
    expect(borderAlarm(one, one, 3, createRng(1))).toBeUndefined()
  })
})
