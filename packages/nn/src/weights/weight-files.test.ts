import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc, test as prop } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { Weights } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { parseKerasArchive } from './keras-archive.js'
import { parseKerasHdf5 } from './keras-hdf5.js'
import { runPickle } from './pickle.js'
import { parseTorchArchive } from './torch-archive.js'

// Written by tools/peers/nn-weight-files.py: Keras 3.15.1, torch 2.13.0.
const read = (name: string): Promise<Buffer> => readFile(join(import.meta.dirname, 'fixtures', name))

/** Names in the order of the Keras model; variable `i` holds `100 i`, `100 i + 1`, …. */
const KERAS: readonly (readonly [string, readonly number[]])[] = [
  ['first/kernel', [1, 1, 2, 3]],
  ['first/bias', [3]],
  ['first_bn/gamma', [3]],
  ['first_bn/beta', [3]],
  ['first_bn/moving_mean', [3]],
  ['first_bn/moving_variance', [3]],
  ['dw/kernel', [3, 3, 3, 1]],
  ['dw_bn/beta', [3]],
  ['dw_bn/moving_mean', [3]],
  ['dw_bn/moving_variance', [3]],
  ['separable/depthwise_kernel', [3, 3, 3, 1]],
  ['separable/pointwise_kernel', [1, 1, 3, 2]],
  ['conv2d/kernel', [1, 1, 2, 2]],
  ['predictions/kernel', [2, 2]],
  ['predictions/bias', [2]],
]

function expectKeras(tensors: Weights): void {
  // The file of Keras 2 has the statistics of the Normalization layer too; its integer count is left out.
  const names = [...tensors.keys()].filter((name) => !/^counted\/(mean|variance)$/.test(name))
  expect(names.sort()).toEqual(KERAS.map(([name]) => name).sort())
  for (const [index, [name, shape]] of KERAS.entries()) {
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => 100 * index + i)
    expect(tensors.get(name), name).toEqual({ shape, data })
  }
}

test('reads a whole Keras 3 model', async () => expectKeras(await parseKerasArchive(await read('tiny.keras'))))
test('reads Keras 3 weights by the layer names inside', async () =>
  expectKeras(await parseKerasHdf5(await read('tiny.weights.h5'))))
test('reads a legacy HDF5 model', async () => expectKeras(await parseKerasHdf5(await read('tiny.h5'))))

test('reads the layers of a network inside a legacy HDF5 model', async () => {
  const tensors = await parseKerasHdf5(await read('nested.h5'))
  const first = [...tensors].map(([name, { shape, data }]) => [name, shape, data[0]])
  expect(first).toEqual([
    ['conv2d_9/kernel', [1, 1, 2, 3], 0],
    ['conv2d_10/kernel', [1, 1, 3, 2], 100],
    ['classes/kernel', [2, 2], 200],
    ['classes/bias', [2], 300],
  ])
})

test('refuses other files as HDF5 and .keras', async () => {
  await expect(parseKerasHdf5(new Uint8Array(100))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
  await expect(parseKerasArchive(new Uint8Array(100))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
  await expect(parseKerasHdf5((await read('tiny.h5')).subarray(0, 4000))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
})

test.each(['tiny.pth', 'wrapped.pth'])('reads the state dict of %s', async (name) => {
  const state = await parseTorchArchive(await read(name))
  expect(state.get('conv.weight')).toEqual({ shape: [3, 2, 1, 1], data: Float32Array.of(0, 1, 2, 3, 4, 5) })
  expect(state.get('bn.running_var')).toEqual({ shape: [3], data: Float32Array.of(100, 101, 102) })
  expect(state.get('bn.num_batches_tracked')).toEqual({ shape: [], data: Float32Array.of(7) })
  expect([...state.get('half')!.data]).toEqual([1.5, -2])
  expect([...state.get('bfloat')!.data]).toEqual([3])
  expect(state.get('transposed')).toEqual({ shape: [3, 2], data: Float32Array.of(0, 3, 1, 4, 2, 5) })
})

test('refuses a pickle that would run a program, and runs nothing', async () => {
  const bytes = await read('evil.pth')
  await expect(parseTorchArchive(bytes)).rejects.toThrow(/posix\.system, which is refused/)
  expect(existsSync('/tmp/etsef-was-here')).toBe(false)
})

test('says what to do with a file of torch before 1.6', async () => {
  const bytes = await read('legacy.pth')
  await expect(parseTorchArchive(bytes)).rejects.toThrow(/before 1\.6/)
})

prop.prop([fc.uint8Array({ minLength: 1, maxLength: 60 })])('ends on any bytes as a pickle', (bytes) => {
  const nothing = { global: () => undefined, reduce: () => null, persistent: () => null }
  try {
    runPickle(bytes, nothing)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_WEIGHTS' })
  }
})

test('refuses a damaged archive', async () => {
  const bytes = await read('tiny.pth')
  await expect(parseTorchArchive(bytes.subarray(0, bytes.length - 40))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
})
