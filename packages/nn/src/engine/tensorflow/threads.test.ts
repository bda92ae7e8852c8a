import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { uniformStream } from '../../graph/random.js'
import { runCommand } from '../../install/run-command.js'
import { loadEngine } from '../load-engine.js'
import { hasKernels } from '../test-engines.js'

const script = fileURLToPath(new URL('../../../test-fixtures/train-digest.mjs', import.meta.url))

test.skipIf(!hasKernels)(
  'training gives the same bits on 1, 2 and 3 threads, and where they change in its course (needs the compiled kernels)',
  async () => {
    const env = { ...process.env }
    delete env['ETSEF_KERNEL_THREADS']
    delete env['TF_NUM_INTRAOP_THREADS']
    const runs = []
    for (const threads of ['1', '2', '2', '3', '1,3,2,1,2']) {
      const { code, stdout, stderr } = await runCommand(process.execPath, [script, threads], {
        env,
        timeoutMs: 120_000,
      })
      expect(code, stderr).toBe(0)
      runs.push(JSON.parse(stdout.trim().split('\n').at(-1)!) as { threads: number; digest: string })
    }
    expect(runs.map(({ threads }) => threads)).toEqual([1, 2, 2, 3, 1])
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1)
  },
  300_000,
)

function digestOf({ buffer, byteOffset, byteLength }: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
}

describe.skipIf(!hasKernels)('shared convolutions (need the compiled kernels)', () => {
  const cases = [
    { shape: [4, 12, 11, 8], filter: [1, 1, 8, 24], depthwise: false, stride: 1, padding: 'valid' },
    { shape: [3, 9, 9, 5], filter: [3, 3, 5, 7], depthwise: false, stride: 2, padding: 'same' },
    { shape: [1, 14, 14, 3], filter: [7, 7, 3, 16], depthwise: false, stride: 2, padding: 'valid' },
    { shape: [5, 8, 8, 17], filter: [3, 3, 17, 1], depthwise: true, stride: 1, padding: 'same' },
    { shape: [2, 11, 10, 32], filter: [5, 5, 32, 1], depthwise: true, stride: 2, padding: 'same' },
    { shape: [2, 11, 10, 6], filter: [3, 3, 6, 2], depthwise: true, stride: 2, padding: 'valid' },
    { shape: [5, 40, 41, 32], filter: [3, 3, 32, 20], depthwise: false, stride: 1, padding: 'same', isHalved: true },
    { shape: [3, 120, 111, 96], filter: [3, 3, 96, 1], depthwise: true, stride: 1, padding: 'same', isHalved: true },
    { shape: [3, 60, 61, 96], filter: [3, 3, 96, 1], depthwise: true, stride: 1, padding: 'same' },
  ] as const

  test.each(cases)(
    'have the bits of TensorFlow, which gets half of the pictures at a time where there is much to do: $shape, $filter, stride $stride, $padding',
    async (each) => {
      process.env['ETSEF_KERNEL_THREADS'] = '2'
      const { tf, kernels } = await loadEngine({ prefer: 'tensorflow' })
      const { depthwise, stride, padding } = each
      const isHalved = 'isHalved' in each
      const random = (shape: readonly number[], seed: number): Tensor4D => {
        const uniform = uniformStream(seed)
        const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * uniform() - 1)
        return tf.tensor<Rank.R4>(values, [...shape] as [number, number, number, number])
      }
      const [x, filter] = [random(each.shape, 1), random(each.filter, 2)]
      const plain = (a: Tensor4D, b: Tensor4D): Tensor =>
        depthwise ? tf.depthwiseConv2d(a, b, stride, padding) : tf.conv2d(a, b, stride, padding)
      const halves = (a: Tensor4D, b: Tensor4D): Tensor => {
        const half = Math.floor(a.shape[0] / 2)
        const parts = isHalved ? tf.split(a, [half, a.shape[0] - half]) : [a]
        return tf.concat(parts.map((part) => plain(part as Tensor4D, b)))
      }
      const shared = (a: Tensor4D, b: Tensor4D): Tensor =>
        kernels.convolve!({ x: a, filter: b, depthwise, stride, padding })
      const weight = random(plain(x, filter).shape, 3)
      const gradients = (run: typeof plain): Tensor[] =>
        tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.mul(weight, run(a as Tensor4D, b as Tensor4D))))([x, filter])
      const values = (tensors: Tensor[]): unknown[] =>
        tensors.map((each) => ({ shape: each.shape, bits: digestOf(each.dataSync<'float32'>()) }))
      const actual = values([shared(x, filter), ...gradients(shared)])
      // The way back has no halves: one part is the gradient of all pictures, the other that of the filter.
      const expected = values([halves(x, filter), ...gradients(plain)])
      expect(actual).toEqual(expected)
    },
  )

  test('refuse what does not fit, and say so', async () => {
    process.env['ETSEF_KERNEL_THREADS'] = '2'
    const { tf, kernels } = await loadEngine({ prefer: 'tensorflow' })
    const x = tf.ones<Rank.R4>([2, 4, 4, 3])
    const withFilter = (shape: [number, number, number, number], depthwise: boolean) => () =>
      kernels.convolve!({ x, filter: tf.ones<Rank.R4>(shape), depthwise, stride: 1, padding: 'valid' })
    expect(withFilter([3, 3, 5, 2], false)).toThrow('differ in channels')
    expect(withFilter([3, 3, 5, 1], true)).toThrow('differ in channels')
    expect(withFilter([5, 3, 3, 2], false)).toThrow('larger than the picture')
  })
})
