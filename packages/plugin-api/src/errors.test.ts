import { expect, test } from 'vitest'
import { errorCodes, formatError, locate, PipelineError } from './errors.js'

const error = new PipelineError('ERR_BAD_OPTION', {
  message: 'Option "k" is too large',
  expected: '<= 4',
  received: '5',
  hint: 'lower k',
})

test('prints code and place, message, expected, received and hint', () => {
  const text = formatError(locate(error, { place: { file: 'a.yaml', line: 3, column: 7 } }))
  expect(text).toBe(
    'ERR_BAD_OPTION  a.yaml:3:7\nOption "k" is too large\n  expected  <= 4\n  received  5\n  hint      lower k',
  )
})

test('keeps what it knows when it is located again', () => {
  const once = locate(error, { node: 'svm' })
  expect(locate(once, { node: 'other' }).node).toBe('svm')
})

test('lists its codes sorted, each once', () => {
  expect([...new Set(errorCodes)].sort()).toEqual([...errorCodes])
})
