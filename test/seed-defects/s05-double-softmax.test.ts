import { loadEngine, softmaxCrossEntropy } from '@etsef/nn'
import type { Scalar, Tensor2D } from '../support/tensor-types.js'
import { expect, test } from 'vitest'

/** Loss of one row and its gradient with respect to the logits, with the loss fed logits or (as in the notebook) softmaxed logits. */
async function lossAndGradient(logits: readonly number[], label: number, isSoftmaxTwice: boolean) {
  const { tf } = await loadEngine({ prefer: 'wasm' })
  return tf.tidy(() => {
    const f = (x: Tensor2D): Scalar => softmaxCrossEntropy(tf, isSoftmaxTwice ? tf.softmax(x) : x, [label])
    const { value, grad } = tf.valueAndGrad((x) => f(x as Tensor2D))(tf.tensor2d([[...logits]]))
    return { loss: value.dataSync()[0]!, gradient: [...grad.dataSync()] }
  })
}

const sure = (numClasses: number, c: number): number[] =>
  Array.from({ length: numClasses }, (_, k) => (k === c ? 20 : 0))

test.for([2, 3, 8])(
  'S5: with %i classes a softmax in the net leaves a floor of log(1 + (K − 1)/e) under the loss',
  async (numClasses) => {
    const floor = Math.log(1 + (numClasses - 1) / Math.E)
    expect((await lossAndGradient(sure(numClasses, 0), 0, true)).loss).toBeCloseTo(floor, 5)
    expect((await lossAndGradient(sure(numClasses, 0), 0, false)).loss).toBeLessThan(1e-6)
  },
)

test('S5: and a sample that is surely wrong teaches nothing; with logits its gradient is −1', async () => {
  const twice = await lossAndGradient(sure(3, 1), 0, true)
  const once = await lossAndGradient(sure(3, 1), 0, false)
  expect(Math.abs(twice.gradient[0]!)).toBeLessThan(1e-8)
  expect(once.gradient[0]).toBeCloseTo(-1, 6)
})
