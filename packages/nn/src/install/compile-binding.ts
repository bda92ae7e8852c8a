import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packageDirectory } from '../engine-packages.js'
import { BINDING_PATH, type BindingPackage } from './engine-cache.js'
import { lastLines, runCommand } from './run-command.js'
import { NAPI_VERSION } from './versions.js'
import { noEngine } from '../errors.js'

/** Options of {@link compileBinding}. */
export interface CompileOptions {
  readonly package: BindingPackage
  /** Directory with `tensorflow/c/c_api.h` below it. */
  readonly includeDirectory: string
  /** Directory of the shared libraries at compile time. */
  readonly libraryDirectory: string
  /** File names to link, e.g. `libtensorflow_cc.so.2`. */
  readonly libraries: readonly string[]
  /** Run-time search path of the libraries; `$ORIGIN` is the binding's directory. */
  readonly runtimePath: string
}

/** Compiles the npm package's two C++ files into `<directory>/lib/napi-v8/tfjs_binding.node`; 15–20 s, no node-gyp, no Python. */
export async function compileBinding(directory: string, options: CompileOptions): Promise<string> {
  const source = packageDirectory(options.package)
  const napi = packageDirectory('node-api-headers')
  if (source === undefined) throw noEngine(`${options.package} is not installed`)
  if (napi === undefined) throw noEngine('node-api-headers is not installed')
  const target = join(directory, BINDING_PATH)
  await mkdir(dirname(target), { recursive: true })
  const args = [
    '-std=c++17',
    '-O2',
    '-shared',
    '-fPIC',
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    '-DNODE_GYP_MODULE_NAME=tfjs_binding',
    `-I${join(napi, 'include')}`,
    `-I${source}`,
    `-I${options.includeDirectory}`,
    join(source, 'binding', 'tfjs_backend.cc'),
    join(source, 'binding', 'tfjs_binding.cc'),
    `-L${options.libraryDirectory}`,
    ...options.libraries.map((name) => `-l:${name}`),
    `-Wl,-rpath,${options.runtimePath}`,
    '-o',
    target,
  ]
  const { code, stderr } = await runCommand('g++', args, { timeoutMs: 300_000 })
  if (code !== 0) throw noEngine(`g++ failed: ${lastLines(stderr)}`)
  return target
}
