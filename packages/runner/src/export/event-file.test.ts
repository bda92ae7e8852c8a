import { expect, test } from 'vitest'
import { crc32c } from './crc32c.js'
import { eventFile } from './event-file.js'

test('a checksum is that of the standard', () => {
  // RFC 3720, B.4: 32 bytes of zeros, of ones, and 0 … 31.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e)
})

test('an event file has the bytes that TensorFlow 2.21.0 writes (tools/peers/runner-event-file.py)', () => {
  const file = eventFile([
    { tag: 'body.loss', step: 1, value: 0.1, wallTime: 1700000000.25 },
    { tag: 'body.loss', step: 300, value: -2.5, wallTime: 1700000001.5 },
    { tag: 'größe', step: 0, value: 7, wallTime: 1700000002 },
  ])
  expect(Buffer.from(file).toString('hex')).toBe(
    '1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe91f00000000000000514b44180900001040fc54d94110012a120a100a09626f64792e6c6f737315cdcccc3d60d8ea70200000000000000029eda9500900006040fc54d94110ac022a120a100a09626f64792e6c6f737315000020c0d07f26eb1b000000000000001a0d9e130900008040fc54d9412a100a0e0a076772c3b6c39f65150000e0401a57a862',
  )
})
