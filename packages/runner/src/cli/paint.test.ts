import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { paintFor } from './paint.js'

beforeEach(() => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI']) vi.stubEnv(name, undefined)
  vi.stubEnv('TERM', 'xterm-256color')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** A stream that says of itself what a terminal does. */
function aStream(isTTY: boolean): NodeJS.WriteStream {
  const getColorDepth = (): number => WriteStream.prototype.getColorDepth.call(undefined as never)
  return Object.assign(new PassThrough(), { isTTY, getColorDepth }) as unknown as NodeJS.WriteStream
}

test('a terminal gets colours, unless its user wants none', () => {
  expect(paintFor(aStream(true))('error', 'x')).toBe('\u001b[31mx\u001b[39m')
  vi.stubEnv('NO_COLOR', '1')
  expect(paintFor(aStream(true))('error', 'x')).toBe('x')
})

test('a file gets none, whatever is asked', () => {
  vi.stubEnv('FORCE_COLOR', '1')
  expect(paintFor(aStream(false))('error', 'x')).toBe('x')
})
