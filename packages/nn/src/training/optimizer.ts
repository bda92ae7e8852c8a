import type { AdamState, AdamStep, Engine } from '../engine/engine.js'
import type { WeightTensor } from '../graph/graph.js'
import { eachInTidy } from './each-in-tidy.js'
import { createLars, type LarsOptions } from './lars.js'
import type { Optimizer, OptimizerState, ParameterUpdate } from './optimizer-contract.js'
import { createVelocities } from './velocities.js'

/** Which optimizer, and its settings. */
export type OptimizerOptions =
  | {
      readonly name: 'adam'
      readonly beta1?: number
      readonly beta2?: number
      readonly epsilon?: number
    }
  | {
      /** Adam with decoupled weight decay; biases and batch norm are not decayed. */
      readonly name: 'adamW'
      readonly weightDecay: number
      /** Parameters that are not decayed; default those of rank 1. */
      readonly excluded?: ReadonlySet<string>
      readonly beta1?: number
      readonly beta2?: number
      readonly epsilon?: number
    }
  | {
      readonly name: 'sgd'
      readonly momentum?: number
      readonly weightDecay?: number
      /** Parameters that are not decayed; default those of rank 1. */
      readonly excluded?: ReadonlySet<string>
    }
  | LarsOptions

/** An optimizer on an engine. `resume` gives it the state that {@link Optimizer.readState} returned. */
export function createOptimizer(engine: Engine, options: OptimizerOptions, resume?: OptimizerState): Optimizer {
  if (options.name === 'lars') return createLars(engine, options, resume)
  return options.name === 'sgd' ? createSgd(engine, options, resume) : createAdam(engine, options, resume)
}

function createAdam(
  engine: Engine,
  options: Exclude<OptimizerOptions, { name: 'sgd' | 'lars' }>,
  resume: OptimizerState | undefined,
): Optimizer {
  const { beta2 = 0.999, epsilon = 1e-7 } = options
  let beta1 = options.beta1 ?? 0.9
  const states = new Map<string, { readonly state: AdamState; readonly shape: readonly number[] }>()
  let step = resume?.step ?? 0
  const stepOf = ({ name, variable, gradient, learningRate }: ParameterUpdate): AdamStep => {
    let entry = states.get(name)
    if (entry === undefined) {
      entry = { state: {}, shape: variable.shape }
      states.set(name, entry)
    }
    const m = resume?.moments.get(`${name}/m`)
    const v = resume?.moments.get(`${name}/v`)
    const decays = options.name === 'adamW' && !(options.excluded?.has(name) ?? variable.rank < 2)
    return {
      variable,
      gradient,
      state: entry.state,
      step,
      learningRate,
      beta1,
      beta2,
      epsilon,
      ...(decays ? { decay: 1 - learningRate * options.weightDecay } : {}),
      ...(m === undefined || v === undefined ? {} : { initial: { m: m.data, v: v.data } }),
    }
  }
  return {
    beginStep: (momentum = options.beta1 ?? 0.9) => {
      beta1 = momentum
      step++
    },
    apply: (updates) => {
      engine.kernels.adam(updates.map(stepOf))
    },
    readStep: () => step,
    readState: () => {
      const moments = new Map<string, WeightTensor>()
      for (const [name, { state, shape }] of states) {
        const values = engine.kernels.readAdamState(state)
        if (values === undefined) continue
        moments.set(`${name}/m`, { shape, data: values.m })
        moments.set(`${name}/v`, { shape, data: values.v })
      }
      return { step, moments }
    },
    dispose: () => {
      for (const { state } of states.values()) engine.kernels.disposeAdamState(state)
      states.clear()
    },
  }
}

function createSgd(
  engine: Engine,
  options: OptimizerOptions & { name: 'sgd' },
  resume: OptimizerState | undefined,
): Optimizer {
  const { tf } = engine
  const { momentum = 0, weightDecay = 0, excluded } = options
  const velocities = createVelocities(engine, resume)
  let step = resume?.step ?? 0
  let current = momentum
  return {
    beginStep: (given = momentum) => {
      current = given
      step++
    },
    apply: eachInTidy(engine, ({ name, variable, gradient, learningRate }) => {
      const decays = weightDecay > 0 && !(excluded?.has(name) ?? variable.rank < 2)
      const decayed = decays ? tf.add(gradient, tf.mul(variable, weightDecay)) : gradient
      const update = current > 0 ? velocities.advance(name, decayed, current) : decayed
      variable.assign(tf.sub(variable, tf.mul(update, learningRate)))
    }),
    readStep: () => step,
    readState: () => ({ step, moments: velocities.readMoments() }),
    dispose: () => {
      velocities.dispose()
    },
  }
}
