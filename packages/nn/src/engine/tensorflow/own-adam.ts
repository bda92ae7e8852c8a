import type { Tensor } from '@tensorflow/tfjs-core'
import type { AdamState, AdamStep, EngineKernels, Tf } from '../engine.js'
import { nativeBackend } from './native-backend.js'

/** Held by nobody else: `native/adam.h` changes them where they are. */
interface Moments {
  readonly m: Tensor
  readonly v: Tensor
}

/** Adam by `native/adam.h`: one operation a variable, on the tensors themselves. */
export function ownAdam(tf: Tf): Pick<EngineKernels, 'adam' | 'readAdamState' | 'disposeAdamState'> {
  const backend = nativeBackend(tf)
  let settings: { readonly key: string; readonly tensor: Tensor } | undefined

  const create = ({ variable: { shape }, initial }: AdamStep): Moments => {
    const moment = (data: Float32Array | undefined): Tensor =>
      tf.keep(data === undefined ? tf.fill(shape, 0) : tf.tensor(data.slice(), shape))
    return { m: moment(initial?.m), v: moment(initial?.v) }
  }
  // The same four numbers serve every variable of a learning rate.
  const settingsOf = ({ step, learningRate, beta1, beta2, epsilon }: AdamStep): Tensor => {
    const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step)
    const key = [rate, beta1, beta2, epsilon].join()
    if (settings?.key !== key) {
      settings?.tensor.dispose()
      settings = { key, tensor: tf.keep(tf.tensor1d([rate, beta1, beta2, epsilon])) }
    }
    return settings.tensor
  }
  return {
    adam: (step) =>
      tf.tidy(() => {
        const { m, v } = (step.state.handle ??= create(step)) as Moments
        const { variable, gradient, decay } = step
        const old = decay === undefined ? variable : tf.mul(variable, decay)
        const inputs = [old, m, v, gradient, settingsOf(step)]
        variable.assign(backend.executeSingleOutput('EtsefAdam', [], inputs))
      }),
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
      settings?.tensor.dispose()
      settings = undefined
    },
  }
}
