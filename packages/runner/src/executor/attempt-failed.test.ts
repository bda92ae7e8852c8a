import { expect, test } from 'vitest'
import { lost } from './attempt-failed.js'

test.each([
  ['SIGKILL', 'fewer --jobs'],
  ['SIGFPE', 'TF_ENABLE_ONEDNN_OPTS=0'],
] as const)('a worker that %s ended has a hint', (signal, hint) => {
  const { failure, error } = lost(null, signal, false)
  expect(failure).toBe('lost')
  expect(error.message).toContain(signal)
  expect(error.hint).toContain(hint)
})

test('an end that tells nothing has none', () => {
  expect(lost(3, null, false).error.hint).toBeUndefined()
})
