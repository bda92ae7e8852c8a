import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { align, fitAlignment } from './align-features.js'
import { invert, polarFactor } from './polar-factor.js'

function normals(seed: string, length: number): Float64Array {
  const rng = createRng(seed)
  return Float64Array.from({ length }, () => rng.normal())
}

function product(a: ArrayLike<number>, b: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from({ length: (a.length / size) * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size]
    let sum = 0
    for (let k = 0; k < size; k++) sum += a[i * size + k]! * b[k * size + j]!
    return sum
  })
}

function transposed(a: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => a[(at % size) * size + Math.floor(at / size)]!)
}

const identity = (size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0))

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0)
}

test.each([1, 2, 7, 60])('inverts a matrix of size %i', (size) => {
  const matrix = normals(`inverse ${size}`, size * size)
  expect(distance(product(matrix, invert(matrix, size), size), identity(size))).toBeLessThan(1e-9)
})

test.each([1, 2, 7, 60])('the polar factor of size %i is orthogonal, and what it leaves is symmetric', (size) => {
  const matrix = normals(`polar ${size}`, size * size)
  const factor = polarFactor(matrix, size)
  expect(distance(product(transposed(factor, size), factor, size), identity(size))).toBeLessThan(1e-10)
  const rest = product(transposed(factor, size), matrix, size)
  expect(distance(rest, transposed(rest, size))).toBeLessThan(1e-9)
})

test('the polar factor of a badly scaled matrix is found as well', () => {
  const size = 12
  const stretched = normals('stretched', size * size).map((value, at) => value * 10 ** -(Math.floor(at / size) / 2))
  const factor = polarFactor(stretched, size)
  expect(distance(product(transposed(factor, size), factor, size), identity(size))).toBeLessThan(1e-9)
})

test('refuses a singular matrix', () => {
  expect(() => polarFactor(Float64Array.of(1, 2, 2, 4), 2)).toThrow('singular')
})

/** Rows of one space, and the same rows rotated, scaled and shifted. */
function twins(numRows: number, width: number) {
  const rotation = polarFactor(normals('rotation', width * width), width)
  const source = Float32Array.from(normals('source', numRows * width))
  const target = Float32Array.from(product(source, rotation, width), (value, i) => 3 * value + (i % width))
  return { source, target }
}

test('finds rotation, scale and shift, and maps rows it has not seen by them', () => {
  const width = 6
  const { source, target } = twins(40, width)
  const alignment = fitAlignment(source.subarray(0, 30 * width), target.subarray(0, 30 * width), width)
  expect(alignment.residual).toBeLessThan(1e-2)
  const unseen = align(alignment, source.subarray(30 * width))
  expect(distance(unseen, target.subarray(30 * width))).toBeLessThan(0.05)
})

test('leaves equal spaces alone, also with fewer rows than columns', () => {
  const width = 20
  const features = Float32Array.from(normals('few', 5 * width))
  const alignment = fitAlignment(features, features, width)
  expect(alignment.residual).toBeLessThan(1e-6)
  const other = Float32Array.from(normals('unseen', 3 * width))
  expect(distance(align(alignment, other), other)).toBeLessThan(1e-5)
})

test.each([
  [4, 20],
  [9, 20],
  [30, 20],
])('with %i rows of %i columns it is the polar factor of the pulled cross-covariance', (numRows, width) => {
  const [source, target] = [normals('a', numRows * width), normals('b', numRows * width)].map((values) =>
    Float32Array.from(values),
  ) as [Float32Array, Float32Array]
  const { matrix } = fitAlignment(source, target, width)
  const scale = Math.hypot(...matrix.subarray(0, width))
  const rotation = Array.from(matrix, (value) => value / scale)
  const centre = (table: Float32Array): number[] =>
    Array.from(
      table,
      (value, i) => value - table.filter((_, at) => at % width === i % width).reduce((x, y) => x + y) / numRows,
    )
  const [a, b] = [centre(source), centre(target)]
  const covariance = Float64Array.from({ length: width * width }, (_, at) => {
    let sum = 0
    for (let n = 0; n < numRows; n++) sum += a[n * width + Math.floor(at / width)]! * b[n * width + (at % width)]!
    return sum
  })
  const pull = (1e-3 * Math.hypot(...covariance)) / Math.sqrt(width)
  const pulled = covariance.map((value, at) => value + (at % (width + 1) === 0 ? pull : 0))
  expect(distance(rotation, polarFactor(pulled, width))).toBeLessThan(1e-4)
})

test('columns that never change do no harm', () => {
  const features = Float32Array.of(1, 0, 2, 0, 4, 0)
  const alignment = fitAlignment(
    features,
    features.map((value) => 2 * value),
    2,
  )
  expect(Array.from(align(alignment, Float32Array.of(3, 0)))).toEqual([
    expect.closeTo(6, 4) as number,
    expect.closeTo(0, 4) as number,
  ])
  const still = new Float32Array(6)
  expect([...align(fitAlignment(still, still, 2), Float32Array.of(1, 2))]).toEqual([1, 2])
})
