import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { TFJS_VERSION } from '../../versions.js'
import type { Engine, Tf } from '../engine.js'
import { installActivationGradients } from '../activation-gradients.js'
import { shimNodeUtil } from '../environment.js'
import { heapBatchNorm } from './batch-norm.js'
import { installConvolutionGradients } from './convolution-gradients.js'
import { heapAdam } from './heap-adam.js'
import { noEngine } from '../../errors.js'

/** Loads TensorFlow.js on its WASM backend (SIMD, one thread) and installs what it lacks for training. */
export async function loadWasm(): Promise<Engine> {
  shimNodeUtil()
  const require = createRequire(import.meta.url)
  const tf = require('@tensorflow/tfjs-core') as Tf
  // TensorFlow.js in parts, without its umbrella, which brings an install script. In Node the gradients come with the layers alone.
  require('@tensorflow/tfjs-layers')
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(prefix: string): void }
  const main = require.resolve('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(join(dirname(main), '..', 'wasm-out') + sep)
  if (!(await tf.setBackend('wasm')))
    throw noEngine('the WASM backend of TensorFlow.js does not start', { hint: 'see `etsef doctor`' })
  installActivationGradients(tf)
  installConvolutionGradients(tf)
  return {
    name: 'wasm',
    id: `wasm-${TFJS_VERSION}`,
    tf,
    threads: 1,
    device: 'cpu',
    kernels: { batchNorm: heapBatchNorm(tf), ...heapAdam(tf) },
  }
}
