interface TensorEngine {
  memory(): { readonly numTensors: number }
}

/** Tensors alive in this process, when an operation has loaded TensorFlow.js; the runner itself never does. */
export function countTensors(): number | undefined {
  const engine = (globalThis as { readonly _tfengine?: TensorEngine })._tfengine
  return engine?.memory().numTensors
}
