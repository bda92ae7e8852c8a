import type * as onnxRuntime from 'onnxruntime-node'
import { requirePackage } from '../engine-packages.js'
import { disableTelemetry } from './disable-telemetry.js'

/** ONNX Runtime, from where it is installed. @throws Error when it is not, or cannot load on this machine. */
export function loadOnnxRuntime(): typeof onnxRuntime {
  disableTelemetry()
  // The package is the one whose types these are.
  return requirePackage('onnxruntime-node') as typeof onnxRuntime
}
