import type { Tensor } from '@tensorflow/tfjs-core'
import type { AdamState, AdamStep, EngineKernels, Tf } from '../engine.js'
import { nativeBackend } from './native-backend.js'

/** Held by nobody else: `native/adam.h` changes them where they are. */
interface Moments {
  readonly m: Tensor
  readonly v: Tensor
}

/** Numbers of the variables that are changed together: old and new ones take memory beside each other. */
const LARGEST_GROUP = 2 ** 24

/** Adam by `native/adam.h`: one operation for many variables, on the moments themselves. */
export function ownAdam(tf: Tf): Pick<EngineKernels, 'adam' | 'readAdamState' | 'disposeAdamState'> {
  const backend = nativeBackend(tf)
  const { TF_ATTR_INT } = backend.binding

  const create = ({ variable: { shape }, initial }: AdamStep): Moments => {
    const moment = (data: Float32Array | undefined): Tensor =>
      tf.keep(data === undefined ? tf.fill(shape, 0) : tf.tensor(data.slice(), shape))
    return { m: moment(initial?.m), v: moment(initial?.v) }
  }
  const change = (steps: readonly AdamStep[]): void => {
    const moments = steps.map((step) => (step.state.handle ??= create(step)) as Moments)
    const settings = steps.flatMap(({ step, learningRate, beta1, beta2, epsilon }) => [
      (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step),
      beta1,
      beta2,
      epsilon,
    ])
    const inputs = [
      ...steps.map(({ variable, decay }) => (decay === undefined ? variable : tf.mul(variable, decay))),
      ...moments.map(({ m }) => m),
      ...moments.map(({ v }) => v),
      ...steps.map(({ gradient }) => gradient),
      tf.tensor2d(settings, [steps.length, 4]),
    ]
    const count = { name: 'count', type: TF_ATTR_INT, value: steps.length }
    const changed = backend.executeMultipleOutputs('EtsefAdam', [count], inputs, steps.length)
    for (const [i, { variable }] of steps.entries()) variable.assign(changed[i]!)
  }
  return {
    adam: (steps) => {
      for (const group of groupsOf(steps)) {
        tf.tidy(() => {
          change(group)
        })
      }
    },
    readAdamState: (state: AdamState) => {
      const moments = state.handle as Moments | undefined
      if (moments === undefined) return undefined
      const { m, v } = moments
      return { m: m.dataSync<'float32'>().slice(), v: v.dataSync<'float32'>().slice() }
    },
    disposeAdamState: (state: AdamState) => {
      const moments = state.handle as Moments | undefined
      moments?.m.dispose()
      moments?.v.dispose()
      delete state.handle
    },
  }
}

/** Consecutive steps; a group holds at most {@link LARGEST_GROUP} numbers, or one variable. */
function groupsOf(steps: readonly AdamStep[]): AdamStep[][] {
  const groups: AdamStep[][] = []
  let size = Infinity
  for (const step of steps) {
    size += step.variable.size
    if (size > LARGEST_GROUP) {
      groups.push([])
      size = step.variable.size
    }
    groups.at(-1)!.push(step)
  }
  return groups
}
