import { describe, expect, test } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import { createOptimizer, type OptimizerOptions } from './optimizer.js'

const momenta = [0.95, 0.9, 0.85]
const gradients = [0.5, -0.25, 1]
const rate = 0.1

/** `v = momentum · v + g`, `w -= rate · v`. */
function bySgd(): number {
  let [w, v] = [3, 0]
  for (const [i, g] of gradients.entries()) {
    v = i === 0 ? g : momenta[i]! * v + g
    w -= rate * v
  }
  return w
}

/** Adam in Keras' form; the bias is corrected with the momentum of the step, as in fastai. */
function byAdam(): number {
  let [w, m, v] = [3, 0, 0]
  for (const [i, g] of gradients.entries()) {
    const beta = momenta[i]!
    m = beta * m + (1 - beta) * g
    v = 0.999 * v + 0.001 * g * g
    w -= ((rate * Math.sqrt(1 - 0.999 ** (i + 1))) / (1 - beta ** (i + 1))) * (m / (Math.sqrt(v) + 1e-7))
  }
  return w
}

describe.each(testEngines)('a momentum that changes from step to step, on %s', (name) => {
  const train = async (options: OptimizerOptions, given: readonly (number | undefined)[]): Promise<number> => {
    const engine = await loadEngine({ prefer: name })
    const { tf } = engine
    const variable = tf.variable(tf.tensor1d([3]))
    const optimizer = createOptimizer(engine, options)
    for (const [i, g] of gradients.entries()) {
      optimizer.beginStep(given[i])
      const gradient = tf.tensor1d([g])
      optimizer.apply([{ name: 'w', variable, gradient, learningRate: rate }])
      gradient.dispose()
    }
    const [value] = variable.dataSync()
    optimizer.dispose()
    variable.dispose()
    return value!
  }

  test('sgd', async () => {
    expect(await train({ name: 'sgd', momentum: 0.9 }, momenta)).toBeCloseTo(bySgd(), 5)
  })

  test('adam', async () => {
    expect(await train({ name: 'adam' }, momenta)).toBeCloseTo(byAdam(), 5)
  })

  test.each([{ name: 'sgd', momentum: 0.9 }, { name: 'adam' }, { name: 'lars' }] as const)(
    'without one, $name keeps its own',
    async (options) => {
      expect(await train(options, [])).toBe(await train(options, [0.9, 0.9, 0.9]))
    },
  )
})
