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

if (process.env['ETSEF_REQUIRE_NATIVE'] === '1' && !hasKernels) {
  throw new Error(
    `ETSEF_REQUIRE_NATIVE=1, but ${bothEngines ? 'the kernels are not compiled' : 'TensorFlow is not installed'}: run \`etsef engine install\` with g++ on the path`,
  )
}
