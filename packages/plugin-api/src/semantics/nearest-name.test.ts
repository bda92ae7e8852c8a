import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.js'

test('suggests the mistyped name, and nothing for a stranger', () => {
  const names = ['components', 'tolerance', 'maxIterations']
  expect(nearestName('componets', names)).toBe('components')
  expect(nearestName('copmonents', names)).toBe('components')
  expect(nearestName('wavelength', names)).toBeUndefined()
})
