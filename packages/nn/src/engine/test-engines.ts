import { findBinding } from '../install/engine-cache.js'
import type { EngineName } from './engine.js'

/** Engines that tests can run on here: WASM always, TensorFlow where it is installed. */
export const testEngines: readonly EngineName[] = findBinding() === undefined ? ['wasm'] : ['wasm', 'tensorflow']

/** Said in the names of tests that need both engines. */
export const bothEngines = testEngines.length === 2
