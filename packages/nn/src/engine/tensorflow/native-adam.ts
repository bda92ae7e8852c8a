import type { Tensor } from '@tensorflow/tfjs-core'
import type { AdamState, AdamStep, EngineKernels, Tf } from '../engine.js'
import { floatType, nativeBackend, type OpAttribute } from './native-backend.js'

/** TensorFlow's reserved name of a resource without a name: its memory goes with its handle. */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347'

interface NativeState {
  /** Data of the variable after our last step: another one means that somebody else has written it. */
  dataId: object
  readonly variable: Tensor
  readonly m: Tensor
  readonly v: Tensor
}

/** Adam by the native `ResourceApplyAdam`: one operation a variable where stock TensorFlow.js runs fourteen. */
export function nativeAdam(tf: Tf): Pick<EngineKernels, 'adam' | 'readAdamState' | 'disposeAdamState'> {
  const backend = nativeBackend(tf)
  const { TF_ATTR_BOOL, TF_ATTR_SHAPE, TF_ATTR_STRING } = backend.binding
  const dtype = floatType(backend, 'dtype')
  let scalars: { readonly key: string; readonly tensors: readonly Tensor[] } | undefined

  const resource = (value: Tensor): Tensor => {
    const attributes: OpAttribute[] = [
      dtype,
      { name: 'shape', type: TF_ATTR_SHAPE, value: value.shape },
      { name: 'container', type: TF_ATTR_STRING, value: '' },
      { name: 'shared_name', type: TF_ATTR_STRING, value: ANONYMOUS },
    ]
    const handle = tf.keep(backend.executeSingleOutput('VarHandleOp', attributes, []))
    write(handle, value)
    return handle
  }
  const write = (handle: Tensor, value: Tensor): void => {
    backend.executeMultipleOutputs('AssignVariableOp', [dtype], [handle, value], 0)
  }
  const read = (handle: Tensor): Tensor => backend.executeSingleOutput('ReadVariableOp', [dtype], [handle])

  const create = (step: AdamStep): NativeState => {
    const { shape } = step.variable
    const moment = (data: Float32Array | undefined): Tensor =>
      resource(data === undefined ? tf.zeros(shape) : tf.tensor(data.slice(), shape))
    return {
      dataId: step.variable.dataId,
      variable: resource(step.variable),
      m: moment(step.initial?.m),
      v: moment(step.initial?.v),
    }
  }
  // The same six numbers serve every variable of a step.
  const scalarsOf = (step: AdamStep): readonly Tensor[] => {
    const values = [
      step.beta1 ** step.step,
      step.beta2 ** step.step,
      step.learningRate,
      step.beta1,
      step.beta2,
      step.epsilon,
    ]
    const key = values.join()
    if (scalars?.key !== key) {
      for (const tensor of scalars?.tensors ?? []) tensor.dispose()
      scalars = { key, tensors: values.map((value) => tf.keep(tf.scalar(value))) }
    }
    return scalars.tensors
  }
  const change = (step: AdamStep): void => {
    const state = (step.state.handle ??= create(step)) as NativeState
    if (step.decay !== undefined) write(state.variable, tf.mul(step.variable, step.decay))
    else if (state.dataId !== step.variable.dataId) write(state.variable, step.variable)
    const attributes = [floatType(backend), { name: 'use_locking', type: TF_ATTR_BOOL, value: false }]
    const inputs = [state.variable, state.m, state.v, ...scalarsOf(step), step.gradient]
    backend.executeMultipleOutputs('ResourceApplyAdam', attributes, inputs, 0)
    step.variable.assign(read(state.variable))
    state.dataId = step.variable.dataId
  }
  return {
    adam: (steps) => {
      for (const step of steps)
        tf.tidy(() => {
          change(step)
        })
    },
    readAdamState: (state: AdamState) => {
      const native = state.handle as NativeState | undefined
      if (native === undefined) return undefined
      return tf.tidy(() => ({
        m: read(native.m).dataSync<'float32'>().slice(),
        v: read(native.v).dataSync<'float32'>().slice(),
      }))
    },
    disposeAdamState: (state: AdamState) => {
      const native = state.handle as NativeState | undefined
      if (native !== undefined) for (const handle of [native.variable, native.m, native.v]) handle.dispose()
      delete state.handle
      for (const tensor of scalars?.tensors ?? []) tensor.dispose()
      scalars = undefined
    },
  }
}
