import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { engineCacheRoot, packageDirectory } from '../engine-packages.js'
import {
  BINDING_PATH,
  cacheEntry,
  findBinding,
  givenEntry,
  MANIFEST_NAME,
  readCacheEntry,
  type Binding,
  type BindingSource,
  type CacheManifest,
} from './engine-cache.js'
import { ensureOwnKernels } from './compile-own-kernels.js'
import { buildFromGiven } from './from-given.js'
import { buildFromStock } from './from-stock.js'
import { buildFromWheel } from './from-wheel.js'
import { fetchPackages } from './fetch-packages.js'
import { selfTest } from './self-test.js'
import { STOCK_TENSORFLOW_VERSION, TENSORFLOW_VERSION } from './versions.js'
import { noEngine } from '../errors.js'

/** A way to get libtensorflow. */
export type InstallSource = 'given' | 'wheel' | 'stock'

/** Options of {@link installEngine}. */
export interface InstallOptions {
  /** Tried from first to last; default given directory, wheel, stock download. */
  readonly order?: readonly InstallSource[]
  /** Build anew even when a valid cache entry exists. */
  readonly force?: boolean
  readonly log?: (line: string) => void
  readonly env?: NodeJS.ProcessEnv
}

/** Outcome of {@link installEngine}. */
export interface InstallResult {
  readonly engine: 'tensorflow' | 'wasm'
  readonly binding?: Binding
  /** True when it was there already and nothing was done. */
  readonly cached: boolean
  /** Why each source that was tried did not serve. */
  readonly failures: readonly { readonly source: InstallSource | 'registry'; readonly reason: string }[]
}

/** What running without libtensorflow costs, in one line. */
export const WASM_COST =
  'no libtensorflow: networks train on WebAssembly, 2-6 times slower; frozen networks run on ONNX Runtime at full speed'

/**
 * Gets libtensorflow for TensorFlow.js: from `ETSEF_LIBTENSORFLOW` or the cache, else the pinned wheel, else the npm package's
 * own download; each is self-tested before it is kept. The npm packages that it needs are fetched first. When none serves, training falls back to WebAssembly.
 *
 * Idempotent, and instant when the engine is there. An entry is built in a temporary directory and renamed into place, so a
 * killed or a second installation leaves nothing half done.
 */
export async function installEngine(options: InstallOptions = {}): Promise<InstallResult> {
  const env = options.env ?? process.env
  const log = options.log ?? (() => undefined)
  const fetchFailures = await fetchPackages(log, env)
  const present = options.force === true ? undefined : findBinding(env)
  const given = givenEntry(env)
  if (present !== undefined && (given === undefined || present.source === 'given')) {
    await ensureOwnKernels(present, log, env)
    return { engine: 'tensorflow', binding: present, cached: true, failures: [] }
  }
  if (packageDirectory('@tensorflow/tfjs-node', env) === undefined) {
    log(WASM_COST)
    const failures = fetchFailures.map(({ name, reason }) => ({
      source: 'registry' as const,
      reason: `${name}: ${reason}`,
    }))
    return { engine: 'wasm', cached: false, failures }
  }
  const failures: { source: InstallSource; reason: string }[] = []
  for (const source of options.order ?? ['given', 'wheel', 'stock']) {
    if (source === 'given' && given === undefined) continue
    try {
      const binding = await buildEntry(source, env, log)
      await ensureOwnKernels(binding, log, env)
      log(`TensorFlow ${binding.tensorflowVersion} ready (${source})`)
      return { engine: 'tensorflow', binding, cached: false, failures }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      failures.push({ source, reason })
      log(`${source}: ${reason}`)
    }
  }
  log(WASM_COST)
  return { engine: 'wasm', cached: false, failures }
}

async function buildEntry(
  source: InstallSource,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<Binding> {
  const entry = entryOf(source, env)
  const building = `${entry}.building-${process.pid}`
  await rm(building, { recursive: true, force: true })
  await mkdir(building, { recursive: true })
  try {
    if (source === 'given') await buildFromGiven(env['ETSEF_LIBTENSORFLOW'] ?? '', building)
    else if (source === 'wheel') await buildFromWheel(building, log)
    else await buildFromStock(building, log)
    const { tensorflowVersion } = await selfTest({
      path: join(building, BINDING_PATH),
      package: '@tensorflow/tfjs-node',
    })
    await writeManifest(building, source, tensorflowVersion)
    await publish(building, entry)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
  const binding = readCacheEntry(entry)
  if (binding === undefined) throw noEngine(`cache entry ${entry} vanished while it was written`)
  return binding
}

function entryOf(source: InstallSource, env: NodeJS.ProcessEnv): string {
  if (source === 'given') return givenEntry(env) ?? join(engineCacheRoot(env), 'given')
  return cacheEntry(source === 'wheel' ? TENSORFLOW_VERSION : STOCK_TENSORFLOW_VERSION, env)
}

async function writeManifest(directory: string, source: BindingSource, tensorflowVersion: string): Promise<void> {
  const files: Record<string, number> = {}
  for (const folder of [dirname(BINDING_PATH), join('deps', 'lib')]) {
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      files[join(folder, name)] = (await stat(join(directory, folder, name))).size
    }
  }
  const manifest: CacheManifest = { tensorflowVersion, source, package: '@tensorflow/tfjs-node', files }
  await writeFile(join(directory, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function publish(building: string, entry: string): Promise<void> {
  try {
    await rename(building, entry)
  } catch {
    // Another installation was faster, or an invalid entry is in the way.
    if (readCacheEntry(entry) !== undefined) return
    await rm(entry, { recursive: true, force: true })
    await rename(building, entry)
  }
}
