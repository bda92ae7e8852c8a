import { expect, test, describe } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import { createOptimizer, type OptimizerOptions } from './optimizer.js'
import type { OptimizerState } from './optimizer-contract.js'

// google-research/simclr tf2/lars_optimizer.py: w = [3, 4], rate 0.1, decay 0.01, momentum 0.9, eta 0.001.
const published: OptimizerOptions = { name: 'lars', momentum: 0.9, weightDecay: 0.01, eta: 0.001, excluded: new Set() }

describe.each(testEngines)('LARS on %s', (name) => {
  const steps = async (
    options: OptimizerOptions,
    gradient: number[],
    count: number,
    {
      weight = [3, 4],
      resume,
      rates = [0.1],
    }: { weight?: number[]; resume?: OptimizerState; rates?: readonly number[] } = {},
  ) => {
    const engine = await loadEngine({ prefer: name })
    const { tf } = engine
    const before = tf.memory().numTensors
    const variable = tf.tidy(() => tf.variable(tf.tensor1d(weight)))
    const optimizer = createOptimizer(engine, options, resume)
    const seen: number[][] = []
    for (let i = 0; i < count; i++) {
      optimizer.beginStep()
      tf.tidy(() => {
        optimizer.apply([
          { name: 'w', variable, gradient: tf.tensor1d(gradient), learningRate: rates[i % rates.length]! },
        ])
      })
      seen.push(Array.from(variable.dataSync()))
    }
    const state = optimizer.readState()
    optimizer.dispose()
    variable.dispose()
    expect(tf.memory().numTensors).toBe(before)
    return { seen, state }
  }
  const expectClose = (actual: readonly number[], expected: readonly number[]) => {
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6)
  }

  test('moves as the published optimizer does, for two steps', async () => {
    const { seen } = await steps(published, [0.6, 0.8], 2)
    expectClose(seen[0]!, [2.9997, 3.9996])
    expectClose(seen[1]!, [2.99913003, 3.99884004])
  })
  test('takes the norm of the decayed gradient (the other reading ends at [2.99960, 4.00027])', async () => {
    const { seen } = await steps(published, [0.8, -0.6], 1)
    expectClose(seen[0]!, [2.9995855178, 4.0002796507])
  })
  test('has the rate in its velocity: one that doubles finds the old velocity as it was (outside of it, [2.99856, 3.99808])', async () => {
    const { seen } = await steps(published, [0.6, 0.8], 2, { rates: [0.1, 0.2] })
    expectClose(seen[1]!, [2.99883006, 3.99844008])
  })
  test('adapts without weight decay as well', async () => {
    const { seen } = await steps({ ...published, weightDecay: 0 }, [0.6, 0.8], 1)
    expectClose(seen[0]!, [2.9997, 3.9996])
  })
  test('leaves excluded parameters to plain momentum without decay', async () => {
    const { seen } = await steps({ ...published, excluded: new Set(['w']) }, [0.6, 0.8], 1)
    expectClose(seen[0]!, [2.94, 3.92])
  })
  test('has a trust ratio of 1 where a norm is 0', async () => {
    expectClose((await steps(published, [0.6, 0.8], 1, { weight: [0, 0] })).seen[0]!, [-0.06, -0.08])
    expectClose((await steps({ ...published, weightDecay: 0 }, [0, 0], 1)).seen[0]!, [3, 4])
  })
  test('goes on from its state as if it had not been stopped', async () => {
    const whole = await steps(published, [0.6, 0.8], 3)
    const first = await steps(published, [0.6, 0.8], 1)
    const rest = await steps(published, [0.6, 0.8], 2, { weight: first.seen[0]!, resume: first.state })
    expect(rest.seen.at(-1)).toEqual(whole.seen.at(-1))
    expect(rest.state.step).toBe(3)
  })
})
