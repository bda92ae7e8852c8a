import type { EngineProbe, EngineProvider } from '@etsef/plugin-api'
import { PipelineError } from '@etsef/plugin-api'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { engineId } from './engine/engine-id.js'
import { engineFromEnvironment } from './engine/load-engine.js'
import { packageDirectory } from './engine-packages.js'
import { findBinding, hasCudaDevice, type Binding } from './install/engine-cache.js'
import { installEngine, WASM_COST } from './install/install-engine.js'
import { settleOneDnn } from './install/onednn.js'
import { ownKernelsDigest } from './install/own-kernels-file.js'
import { selfTest } from './install/self-test.js'
import { TFJS_VERSION } from './versions.js'

const WITHOUT_ONEDNN = ', without oneDNN (TF_ENABLE_ONEDNN_OPTS=0)'

/** The tensor engines of this package, for the runner: found without importing TensorFlow.js. */
const provider: EngineProvider = {
  probe,
  install: async ({ log, force }) => {
    if (engineFromEnvironment() !== 'wasm') await installEngine({ log, ...(force === undefined ? {} : { force }) })
    return probe()
  },
  doctor,
}

export default provider

async function probe(): Promise<EngineProbe> {
  const wanted = engineFromEnvironment()
  const binding = wanted === 'wasm' ? undefined : findBinding()
  if (binding !== undefined) {
    const hasOneDnn = await settleOneDnn(binding)
    return {
      name: 'tensorflow',
      id: idOf(binding, hasOneDnn),
      summary: `TensorFlow ${binding.tensorflowVersion} (${describeSource(binding)}) with TensorFlow.js ${TFJS_VERSION}${hasOneDnn ? '' : WITHOUT_ONEDNN}`,
    }
  }
  if (wanted === 'tensorflow') {
    throw new PipelineError('ERR_ENGINE', {
      message: 'ETSEF_ENGINE=tensorflow, but no libtensorflow is installed',
      hint: 'run `etsef engine install`, or use ETSEF_ENGINE=auto',
    })
  }
  const summary = wanted === 'wasm' ? `TensorFlow.js ${TFJS_VERSION} on WASM (ETSEF_ENGINE=wasm)` : WASM_COST
  return { name: 'wasm', id: idOf(undefined, true), summary }
}

/** Frozen networks run on ONNX Runtime whatever the engine, so another version of it is another engine. */
function idOf(binding: Binding | undefined, hasOneDnn: boolean): string {
  return engineId({
    tensorflow: binding?.tensorflowVersion,
    kernels: binding === undefined ? undefined : ownKernelsDigest(binding),
    onnxruntime: packageVersion('onnxruntime-node'),
    hasOneDnn,
  })
}

async function doctor(): Promise<readonly string[]> {
  const wanted = process.env['ETSEF_ENGINE'] || 'auto'
  const lines = [`engine asked for: ${wanted} (ETSEF_ENGINE)`]
  const binding = findBinding()
  if (binding === undefined) lines.push('tensorflow: not installed; `etsef engine install` gets it')
  else lines.push(await describeTensorflow(binding))
  lines.push(`wasm: TensorFlow.js ${TFJS_VERSION}, SIMD, one thread; trains, slowly`)
  const onnx = packageVersion('onnxruntime-node')
  lines.push(
    onnx === undefined
      ? 'onnx: onnxruntime-node is not installed; `etsef engine install` gets it'
      : `onnx: onnxruntime-node ${onnx} (CPU), frozen networks`,
  )
  const alone = binding !== undefined && ownKernelsDigest(binding) !== undefined ? ', two where a stage runs alone' : ''
  lines.push(`threads: one per stage${alone}; ${cpus().length} logical cores`)
  lines.push(describeGpu(binding))
  return lines
}

async function describeTensorflow(binding: Binding): Promise<string> {
  const kernels = `${ownKernelsDigest(binding) === undefined ? 'without' : 'with'} our compiled kernels`
  const what = `tensorflow: ${binding.tensorflowVersion} (${describeSource(binding)}), ${binding.package} ${TFJS_VERSION}, ${kernels}`
  try {
    const hasOneDnn = await settleOneDnn(binding)
    await selfTest(binding)
    if (!hasOneDnn) return `${what}; self-test passed${WITHOUT_ONEDNN}`
    return `${what}; self-test passed`
  } catch (cause) {
    return `${what}; does not work: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function describeSource(binding: Binding): string {
  switch (binding.source) {
    case 'given':
      return 'from ETSEF_LIBTENSORFLOW'
    case 'wheel':
      return 'from the Python wheel'
    case 'stock':
    case 'package':
      return 'from the npm package'
  }
}

function describeGpu(binding: Binding | undefined): string {
  if (!hasCudaDevice()) return 'gpu: no CUDA device visible'
  if (binding?.package === '@tensorflow/tfjs-node-gpu') return 'gpu: CUDA device, used by @tensorflow/tfjs-node-gpu'
  return 'gpu: CUDA device visible, not used: @tensorflow/tfjs-node-gpu has no binding; run its install script (needs CUDA 11 and cuDNN 8)'
}

function packageVersion(name: string): string | undefined {
  const directory = packageDirectory(name)
  if (directory === undefined) return undefined
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version
}
