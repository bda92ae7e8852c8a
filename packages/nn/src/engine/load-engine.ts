import { PipelineError } from '@etsef/plugin-api'
import { findBinding } from '../install/engine-cache.js'
import { settleOneDnn } from '../install/onednn.js'
import type { Engine, EngineName } from './engine.js'

/** Options of {@link loadEngine}. */
export interface LoadEngineOptions {
  /** `auto` (default) takes TensorFlow where it loads, else WASM. */
  readonly prefer?: 'auto' | EngineName
  /** Threads inside one operation, default 1; more threads give other last bits. Read at the first load only. */
  readonly threads?: number
  /** Told in one line why the engine is not the preferred one. */
  readonly log?: (line: string) => void
}

// A backend registers itself with TensorFlow.js once per process, so the loaded engine is the process's, not the caller's.
const loaded = new Map<EngineName, Promise<Engine>>()

/**
 * Loads the tensor engine: sets the environment the native library reads, applies the Node 24 shim, imports TensorFlow.js and
 * installs the fast kernels. The one module through which the project reaches TensorFlow.js.
 *
 * A later call with another preference switches the backend; tensors of the former stay readable.
 *
 * @throws PipelineError `ERR_ENGINE` when `tensorflow` is demanded and does not load.
 */
export async function loadEngine(options: LoadEngineOptions = {}): Promise<Engine> {
  const prefer = options.prefer ?? engineFromEnvironment()
  const threads = options.threads ?? 1
  if (prefer === 'wasm') return activate('wasm', threads)
  const binding = findBinding()
  if (binding === undefined) {
    if (prefer === 'tensorflow') throw noTensorflow('no libtensorflow is installed')
    return activate('wasm', threads)
  }
  try {
    return await activate('tensorflow', threads)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (prefer === 'tensorflow') throw noTensorflow(reason, cause)
    options.log?.(`TensorFlow does not load (${reason}); using WASM`)
    return activate('wasm', threads)
  }
}

/** The engine asked for by `ETSEF_ENGINE`. @throws PipelineError `ERR_ENGINE` for an unknown name. */
export function engineFromEnvironment(env: NodeJS.ProcessEnv = process.env): 'auto' | EngineName {
  const name = env['ETSEF_ENGINE'] || 'auto'
  if (name === 'auto' || name === 'tensorflow' || name === 'wasm') return name
  throw new PipelineError('ERR_ENGINE', {
    message: `ETSEF_ENGINE names an unknown engine "${name}"`,
    expected: 'auto, tensorflow or wasm',
    received: name,
    hint: 'unset it to take the best engine of this machine',
  })
}

async function activate(name: EngineName, threads: number): Promise<Engine> {
  let promise = loaded.get(name)
  if (promise === undefined) {
    promise = name === 'tensorflow' ? openTensorflow(threads) : openWasm()
    loaded.set(name, promise)
    promise.catch(() => loaded.delete(name))
  }
  const engine = await promise
  if (engine.tf.getBackend() !== name) await engine.tf.setBackend(name)
  return engine
}

async function openTensorflow(threads: number): Promise<Engine> {
  const binding = findBinding()
  if (binding === undefined) throw noTensorflow('no libtensorflow is installed')
  await settleOneDnn(binding)
  const { loadTensorflow } = await import('./tensorflow/load-tensorflow.js')
  return loadTensorflow(binding, threads)
}

async function openWasm(): Promise<Engine> {
  const { loadWasm } = await import('./wasm/load-wasm.js')
  return loadWasm()
}

function noTensorflow(reason: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_ENGINE', {
    message: `The tensorflow engine does not load: ${reason}`,
    hint: 'run `etsef engine install`, or use ETSEF_ENGINE=auto',
    cause,
  })
}
