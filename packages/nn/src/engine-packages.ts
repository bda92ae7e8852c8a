import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { noEngine } from './errors.js'
import { ONNXRUNTIME_VERSION, TFJS_VERSION } from './versions.js'

/** The npm packages of the native engines: optional peers, which `etsef engine install` fetches where they are not installed. */
export const ENGINE_PACKAGES = {
  '@tensorflow/tfjs-node': TFJS_VERSION,
  'onnxruntime-node': ONNXRUNTIME_VERSION,
} as const

/** Directory of all native engines of this user: `$XDG_CACHE_HOME/etsef/engine`, or below `~/.cache`. */
export function engineCacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'etsef', 'engine')
}

/** Where an engine's package is fetched to: one folder a version, so that projects on two versions do not disturb each other. */
export function fetchedPackageRoot(name: keyof typeof ENGINE_PACKAGES, env: NodeJS.ProcessEnv = process.env): string {
  return join(engineCacheRoot(env), 'packages', `${name.replace('@', '').replace('/', '-')}-${ENGINE_PACKAGES[name]}`)
}

/** Directory of an npm package: as installed beside this one, else as fetched by `etsef engine install`; undefined when it is neither. */
export function packageDirectory(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    if (!isEnginePackage(name)) return undefined
    const fetched = join(fetchedPackageRoot(name, env), 'node_modules', name)
    return existsSync(join(fetched, 'package.json')) ? fetched : undefined
  }
}

/** Loads an npm package from where {@link packageDirectory} finds it. @throws `ERR_ENGINE` when it is not installed. */
export function requirePackage(name: string): unknown {
  const directory = packageDirectory(name)
  if (directory === undefined) throw noEngine(`${name} is not installed`, { hint: '`etsef engine install` gets it' })
  return createRequire(import.meta.url)(directory)
}

function isEnginePackage(name: string): name is keyof typeof ENGINE_PACKAGES {
  return Object.hasOwn(ENGINE_PACKAGES, name)
}
