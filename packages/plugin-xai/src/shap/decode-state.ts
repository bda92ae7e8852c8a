import { PipelineError } from '@etsef/plugin-api'

const types = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint16Array, Uint8Array }

/**
 * A model that was saved as JSON text and a block of bytes: `{ "$array": type, "at": byte, "length": n }` stands for little-endian numbers in
 * the block, `{ "$number": "NaN" }` for a number that JSON cannot hold.
 *
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` for text that is not JSON, or an array outside the bytes.
 */
export function decodeState(json: string, bytes: Uint8Array): unknown {
  // A copy starts at an address that every array type accepts.
  const buffer = bytes.slice().buffer
  const revive = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const { $number: number, $array: type, at, length } = value as Record<string, unknown>
    if (typeof number === 'string') return Number(number)
    if (typeof type !== 'string') return value
    if (!(type in types) || !isCount(at) || !isCount(length)) throw outside(value)
    const create = types[type as keyof typeof types]
    if (at % 8 !== 0 || at + length * create.BYTES_PER_ELEMENT > buffer.byteLength) throw outside(value)
    return new create(buffer, at, length)
  }
  try {
    return JSON.parse(json, revive)
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: 'The saved model is not readable JSON', cause })
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function outside(value: object): PipelineError {
  return new PipelineError('ERR_CORRUPT_ARTIFACT', {
    message: 'The saved model refers to an array that its bytes do not hold',
    received: JSON.stringify(value),
  })
}
