import type { Tensor } from '@tensorflow/tfjs-core'
import type { Tf, Variable } from '../engine.js'
import { nativeBackend, type NativeTensor, type OpAttribute } from './native-backend.js'

/**
 * What happened at the native binding. Tensors are named by slots: first those of what is fed, then those of the variables, then one for
 * each tensor that came to be.
 */
export type NativeCall =
  | {
      readonly kind: 'run'
      readonly name: string
      readonly attributes: readonly OpAttribute[]
      readonly inputs: readonly number[]
      readonly outputs: readonly number[]
    }
  | {
      readonly kind: 'write'
      readonly shape: readonly number[]
      readonly dtype: number
      readonly values: ArrayBufferView
      readonly output: number
    }
  | { readonly kind: 'free'; readonly slot: number }

/** Calls of one computation. */
export interface NativeProgram {
  readonly calls: readonly NativeCall[]
  readonly numSlots: number
  readonly variables: readonly Variable[]
  /** Slot of each result. */
  readonly results: readonly (number | undefined)[]
  /** Variables that were written, with the slots of their new values. */
  readonly moved: readonly { readonly variable: Variable; readonly slot: number }[]
}

/**
 * Makes the calls again, with other tensors fed and with what the variables hold now.
 *
 * @returns The results, for the caller to dispose; variables that were written have been written again.
 * @throws Error of TensorFlow when an operation fails; nothing is left behind then, and no variable is written.
 */
export function replayOperations(tf: Tf, program: NativeProgram, feeds: readonly Tensor[]): (Tensor | undefined)[] {
  const backend = nativeBackend(tf)
  const { binding } = backend
  const given = backend.getInputTensorIds([...feeds, ...program.variables])
  const ids = new Int32Array(program.numSlots).fill(-1)
  ids.set(given)
  const made: NativeTensor[] = []
  try {
    for (const call of program.calls) {
      if (call.kind === 'run') {
        const inputs = call.inputs.map((slot) => ids[slot]!)
        const outputs = binding.executeOp(call.name, call.attributes, inputs, call.outputs.length)
        for (const [i, slot] of call.outputs.entries()) {
          made[slot] = outputs[i]!
          ids[slot] = outputs[i]!.id
        }
      } else if (call.kind === 'write') {
        ids[call.output] = binding.createTensor(call.shape, call.dtype, call.values)
      } else {
        binding.deleteTensor(ids[call.slot]!)
        ids[call.slot] = -1
      }
    }
  } catch (error) {
    for (const id of ids.subarray(given.length)) if (id >= 0) binding.deleteTensor(id)
    throw error
  }
  for (const { variable, slot } of program.moved) {
    const value = backend.createOutputTensor(made[slot]!)
    variable.assign(value)
    value.dispose()
  }
  return program.results.map((slot) => (slot === undefined ? undefined : backend.createOutputTensor(made[slot]!)))
}
