import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compileBinding } from './compile-binding.js'
import { noEngine } from '../errors.js'

/**
 * Builds a cache entry against the libtensorflow in a given directory, which must hold `include/tensorflow/c/c_api.h` and the
 * shared libraries in `lib/` or at its top. The libraries stay where they are.
 */
export async function buildFromGiven(given: string, directory: string): Promise<void> {
  const root = resolve(given)
  const includeDirectory = join(root, 'include')
  if (!existsSync(join(includeDirectory, 'tensorflow', 'c', 'c_api.h'))) {
    throw noEngine(`ETSEF_LIBTENSORFLOW=${given} has no include/tensorflow/c/c_api.h`)
  }
  const libraryDirectory = existsSync(join(root, 'lib')) ? join(root, 'lib') : root
  const names = readdirSync(libraryDirectory)
  const libraries = ['libtensorflow_cc', 'libtensorflow', 'libtensorflow_framework'].flatMap((stem) => {
    const versions = names.filter((name) => name.startsWith(`${stem}.so`)).sort((a, b) => a.length - b.length)
    return versions.slice(0, 1)
  })
  if (libraries.length === 0) throw noEngine(`ETSEF_LIBTENSORFLOW=${given} has no libtensorflow*.so`)
  await compileBinding(directory, {
    package: '@tensorflow/tfjs-node',
    includeDirectory,
    libraryDirectory,
    libraries,
    runtimePath: libraryDirectory,
  })
}
