import { TFJS_VERSION } from '../versions.js'

/** What computes on this machine; all of it changes bits. */
export interface EngineVersions {
  /** Version of libtensorflow; `undefined` for WASM. */
  readonly tensorflow: string | undefined
  /** Version of ONNX Runtime, on which frozen networks run; `undefined` where it is not installed. */
  readonly onnxruntime: string | undefined
  /** False when oneDNN's kernels are switched off. */
  readonly hasOneDnn: boolean
  /** Digest of our compiled kernels; absent where they are not used. */
  readonly kernels?: string | undefined
}

/** Id of an engine as it enters the key of every tensor stage, e.g. `tensorflow-2.21.0+tfjs-4.22.0+onnxruntime-1.30.0`. */
export function engineId({ tensorflow, onnxruntime, hasOneDnn, kernels }: EngineVersions): string {
  const parts =
    tensorflow === undefined
      ? [`wasm-${TFJS_VERSION}`]
      : [
          `tensorflow-${tensorflow}`,
          `tfjs-${TFJS_VERSION}`,
          ...(kernels === undefined ? [] : [`kernels-${kernels}`]),
          ...(hasOneDnn ? [] : ['no-onednn']),
        ]
  return [...parts, ...(onnxruntime === undefined ? [] : [`onnxruntime-${onnxruntime}`])].join('+')
}
