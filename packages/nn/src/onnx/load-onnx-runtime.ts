import type * as onnxRuntime from 'onnxruntime-node'
import { requirePackage } from '../engine-packages.js'

/** ONNX Runtime, from where it is installed. @throws Error when it is not, or cannot load on this machine. */
export function loadOnnxRuntime(): typeof onnxRuntime {
  // The package is the one whose types these are.
  return requirePackage('onnxruntime-node') as typeof onnxRuntime
}
