import { expect, test } from 'vitest'
import { missingNative } from './test-engines.js'

const here = { isRequired: false, hasCompiler: true, hasTensorflow: true, hasKernels: false }

test('native suites may be skipped where something that they need cannot be had', () => {
  expect(missingNative({ ...here, hasKernels: true })).toBeUndefined()
  expect(missingNative({ ...here, hasCompiler: false })).toBeUndefined()
  expect(missingNative({ ...here, hasTensorflow: false })).toBeUndefined()
})

test('but not where g++ and libtensorflow are, and nowhere where they are required', () => {
  expect(missingNative(here)).toContain('g++ and libtensorflow are here, but the kernels are not compiled')
  expect(missingNative({ ...here, isRequired: true, hasCompiler: false, hasTensorflow: false })).toContain(
    'ETSEF_REQUIRE_NATIVE=1, but TensorFlow is not installed',
  )
})
