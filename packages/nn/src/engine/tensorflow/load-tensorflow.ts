import { createRequire } from 'node:module'
import { join } from 'node:path'
import { noEngine } from '../../errors.js'
import { packageDirectory } from '../../engine-packages.js'
import type { Binding } from '../../install/engine-cache.js'
import { findOwnKernels, ownKernelsDigest } from '../../install/own-kernels-file.js'
import type { Engine, Tf } from '../engine.js'
import { engineId } from '../engine-id.js'
import { prepareEnvironment, shimNodeUtil } from '../environment.js'
import { installActivationGradients } from '../activation-gradients.js'
import { fusedBatchNorm } from './fused-batch-norm.js'
import { nativeAdam } from './native-adam.js'
import { nativeBackend } from './native-backend.js'
import { loadOwnKernels, ownKernels } from './own-kernels.js'
import { operationRecorder } from './record-operations.js'

/**
 * Loads TensorFlow.js on a native binding and installs the fast kernels.
 *
 * The npm package looks for its binding inside node_modules; it is told the binding's true place instead, so that node_modules
 * stays as npm left it and `npm ci` never costs the engine.
 *
 * @param kernelsPath - Our compiled kernels, default those that belong to the binding; they are not used on a GPU.
 */
export function loadTensorflow(
  binding: Pick<Binding, 'path' | 'package'>,
  threads: number,
  kernelsPath: string | undefined = findOwnKernels(binding.path),
): Engine {
  const count = prepareEnvironment(threads, kernelsPath !== undefined)
  shimNodeUtil()
  const directory = packageDirectory(binding.package)
  if (directory === undefined)
    throw noEngine(`${binding.package} is not installed`, { hint: '`etsef engine install` gets it' })
  const packageRequire = createRequire(join(directory, 'package.json'))
  const finderPath = packageRequire.resolve('@mapbox/node-pre-gyp')
  packageRequire(finderPath)
  const finder = packageRequire.cache[finderPath]!
  const exported: unknown = finder.exports
  finder.exports = { find: () => binding.path }
  let tf: Tf
  try {
    tf = packageRequire(directory) as Tf
  } finally {
    finder.exports = exported
  }
  const backend = nativeBackend(tf)
  installActivationGradients(tf)
  const usesOwn = kernelsPath !== undefined && !backend.isUsingGpuDevice
  if (usesOwn) loadOwnKernels(kernelsPath)
  return {
    name: 'tensorflow',
    id: engineId({
      tensorflow: backend.binding.TF_Version,
      onnxruntime: undefined,
      hasOneDnn: process.env['TF_ENABLE_ONEDNN_OPTS'] !== '0',
      kernels: usesOwn ? ownKernelsDigest(binding) : undefined,
    }),
    tf,
    threads: count,
    device: backend.isUsingGpuDevice ? 'gpu' : 'cpu',
    kernels: {
      ...{ batchNorm: fusedBatchNorm(tf), ...nativeAdam(tf), ...(usesOwn ? ownKernels(tf) : {}) },
      record: operationRecorder(tf),
    },
  }
}
