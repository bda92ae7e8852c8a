import type { AdamState, AdamStep, EngineKernels, Tf } from '../engine.js'
import { allocate, view, wasmBackend } from './heap.js'

/**
 * Adam in JavaScript on the WASM heap; moments live in JavaScript memory. The new value goes into new memory: XNNPACK keeps packed
 * copies of convolution weights by tensor id and would not see a change in place.
 */
export function heapAdam(tf: Tf): Pick<EngineKernels, 'adam' | 'readAdamState' | 'disposeAdamState'> {
  const backend = wasmBackend(tf)
  const change = (step: AdamStep): void => {
    const { size } = step.variable
    step.state.m ??= step.initial?.m.slice() ?? new Float32Array(size)
    step.state.v ??= step.initial?.v.slice() ?? new Float32Array(size)
    const m = step.state.m as Float32Array
    const v = step.state.v as Float32Array
    const updated = allocate(tf, backend, step.variable.shape)
    const next = view(backend, updated)
    const w = view(backend, step.variable)
    const g = view(backend, step.gradient)
    const { beta1, beta2, epsilon, decay = 1 } = step
    const rate = (step.learningRate * Math.sqrt(1 - beta2 ** step.step)) / (1 - beta1 ** step.step)
    for (let i = 0; i < size; i++) {
      const gradient = g[i]!
      const mi = (m[i] = m[i]! + (gradient - m[i]!) * (1 - beta1))
      const vi = (v[i] = v[i]! + (gradient * gradient - v[i]!) * (1 - beta2))
      next[i] = decay * w[i]! - (rate * mi) / (Math.sqrt(vi) + epsilon)
    }
    step.variable.assign(updated)
    updated.dispose()
  }
  return {
    adam: (steps) => {
      for (const step of steps) change(step)
    },
    readAdamState: (state: AdamState) =>
      state.m === undefined
        ? undefined
        : { m: (state.m as Float32Array).slice(), v: (state.v as Float32Array).slice() },
    disposeAdamState: (state: AdamState) => {
      delete state.m
      delete state.v
    },
  }
}
