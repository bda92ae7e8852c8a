import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findBinding } from '../install/engine-cache.js'
import { findOwnKernels } from '../install/own-kernels-file.js'
import type { EngineName } from './engine.js'

const binding = findBinding()

/** Engines that tests can run on here: WASM always, TensorFlow where it is installed. */
export const testEngines: readonly EngineName[] = binding === undefined ? ['wasm'] : ['wasm', 'tensorflow']

/** Said in the names of tests that need both engines. */
export const bothEngines = testEngines.length === 2

/** Whether the kernels of our own are compiled; tests of them say so in their names. */
export const hasKernels = binding !== undefined && findOwnKernels(binding.path) !== undefined

/** What decides whether tests of native code may be skipped. */
export interface NativeFacts {
  /** `ETSEF_REQUIRE_NATIVE=1`: CI with a compiler, where libtensorflow must be had, too. */
  readonly isRequired: boolean
  readonly hasCompiler: boolean
  readonly hasTensorflow: boolean
  readonly hasKernels: boolean
}

/** Why tests of native code must not be skipped here, though they would be: where a compiler and libtensorflow are, the kernels are compiled. */
export function missingNative({ isRequired, hasCompiler, hasTensorflow, hasKernels }: NativeFacts): string | undefined {
  if (hasKernels || !(isRequired || (hasCompiler && hasTensorflow))) return undefined
  const reason = isRequired ? 'ETSEF_REQUIRE_NATIVE=1' : 'g++ and libtensorflow are here'
  const missing = hasTensorflow ? 'the kernels are not compiled' : 'TensorFlow is not installed'
  return `${reason}, but ${missing}: run \`etsef engine install\` with g++ on the path`
}

const missing = missingNative({
  isRequired: process.env['ETSEF_REQUIRE_NATIVE'] === '1',
  hasCompiler: (process.env['PATH'] ?? '').split(delimiter).some((dir) => existsSync(join(dir, 'g++'))),
  hasTensorflow: bothEngines,
  hasKernels,
})
if (missing !== undefined) throw new Error(missing)
