import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { engineCacheRoot, packageDirectory } from '../engine-packages.js'
import { TFJS_VERSION } from '../versions.js'
import { NAPI_VERSION, STOCK_TENSORFLOW_VERSION, TENSORFLOW_VERSION } from './versions.js'

/** Where a native library came from. */
export type BindingSource = 'given' | 'wheel' | 'stock' | 'package'

/** The npm package whose JavaScript half drives the binding. */
export type BindingPackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu'

/** A compiled TensorFlow binding that can be loaded. */
export interface Binding {
  readonly path: string
  readonly tensorflowVersion: string
  readonly source: BindingSource
  readonly package: BindingPackage
}

/** Written last into a cache entry; an entry without it does not exist. */
export interface CacheManifest {
  readonly tensorflowVersion: string
  readonly source: BindingSource
  readonly package: BindingPackage
  /** Size in bytes by path inside the entry: a cheap check that nothing was cut short. */
  readonly files: Readonly<Record<string, number>>
}

/** File name of the manifest. */
export const MANIFEST_NAME = 'engine.json'

/** Path of the binding inside a cache entry; the library lies at `../../deps/lib` from it, as in the npm package. */
export const BINDING_PATH = join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node')

/** Cache entry of a libtensorflow version with the pinned TensorFlow.js. */
export function cacheEntry(tensorflowVersion: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(engineCacheRoot(env), `${tensorflowVersion}-${TFJS_VERSION}-napi${NAPI_VERSION}`)
}

/** Reads an entry's manifest; undefined when the entry is absent, unfinished, or a file has another size. */
export function readCacheEntry(directory: string): Binding | undefined {
  let manifest: CacheManifest
  try {
    manifest = JSON.parse(readFileSync(join(directory, MANIFEST_NAME), 'utf8')) as CacheManifest
  } catch {
    return undefined
  }
  for (const [name, size] of Object.entries(manifest.files)) {
    if (statSync(join(directory, name), { throwIfNoEntry: false })?.size !== size) return undefined
  }
  return {
    path: join(directory, BINDING_PATH),
    tensorflowVersion: manifest.tensorflowVersion,
    source: manifest.source,
    package: manifest.package,
  }
}

/** True when an NVIDIA device is present and not hidden by `CUDA_VISIBLE_DEVICES`. */
export function hasCudaDevice(env: NodeJS.ProcessEnv = process.env): boolean {
  const visible = env['CUDA_VISIBLE_DEVICES']
  if (visible === '' || visible === '-1') return false
  return existsSync('/dev/nvidia0') || existsSync('/proc/driver/nvidia/version')
}

/**
 * The binding that would be loaded now, without loading anything: a given directory, the cache, or the npm package's own.
 * The GPU package is preferred only where a CUDA device is visible and its own binding is in place.
 */
export function findBinding(env: NodeJS.ProcessEnv = process.env): Binding | undefined {
  const gpu = hasCudaDevice(env) ? packageBinding('@tensorflow/tfjs-node-gpu') : undefined
  if (gpu !== undefined) return gpu
  if (packageDirectory('@tensorflow/tfjs-node', env) === undefined) return undefined
  return (
    readCacheEntry(givenEntry(env) ?? '') ??
    readCacheEntry(cacheEntry(TENSORFLOW_VERSION, env)) ??
    readCacheEntry(cacheEntry(STOCK_TENSORFLOW_VERSION, env)) ??
    packageBinding('@tensorflow/tfjs-node')
  )
}

/** Cache entry of the directory named by `ETSEF_LIBTENSORFLOW`: itself when it is a finished entry, else one beside it in the cache. */
export function givenEntry(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env['ETSEF_LIBTENSORFLOW']
  if (given === undefined || given === '') return undefined
  const directory = resolve(given)
  if (existsSync(join(directory, MANIFEST_NAME))) return directory
  return join(
    engineCacheRoot(env),
    `given-${directory.replace(/[^A-Za-z0-9.]+/g, '_')}-${TFJS_VERSION}-napi${NAPI_VERSION}`,
  )
}

function packageBinding(name: BindingPackage): Binding | undefined {
  const directory = packageDirectory(name)
  if (directory === undefined) return undefined
  const path = join(directory, BINDING_PATH)
  return existsSync(path)
    ? { path, tensorflowVersion: STOCK_TENSORFLOW_VERSION, source: 'package', package: name }
    : undefined
}
