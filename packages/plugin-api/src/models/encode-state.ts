import { PipelineError } from '../errors.js'

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** A fitted model as data: numbers, text, flags, typed arrays, and lists and objects of these. No code. */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | Numbers
  | readonly StateValue[]
  | { readonly [key: string]: StateValue | undefined }

const constructors = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint16Array, Uint8Array }
type NumbersName = keyof typeof constructors

/** A state as JSON text and one block of bytes that its arrays point into. */
export interface EncodedState {
  readonly json: string
  readonly bytes: Uint8Array
}

/**
 * Splits a fitted model into JSON and bytes; {@link decodeState} gives back equal values, bit for bit.
 *
 * Equal states give equal text and bytes. Arrays are little-endian, each starting at a multiple of 8 bytes. Numbers JSON
 * cannot hold (NaN, infinities, −0) are kept as `{ "$number": … }`.
 */
export function encodeState(state: unknown): EncodedState {
  const parts: Uint8Array[] = []
  let offset = 0
  const encode = (value: unknown): unknown => {
    if (typeof value === 'number')
      return isPlain(value) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) }
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    const type = arrayType(value)
    if (type !== undefined) {
      const numbers = value as Numbers
      const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
      const reference = { $array: type, at: offset, length: numbers.length }
      parts.push(bytes, new Uint8Array((8 - (bytes.length % 8)) % 8))
      offset += bytes.length + ((8 - (bytes.length % 8)) % 8)
      return reference
    }
    if (Array.isArray(value)) return value.map(encode)
    if (typeof value === 'object') {
      const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
      return Object.fromEntries(entries.map(([key, entry]) => [key, encode(entry)]))
    }
    throw new TypeError(`encodeState: a ${typeof value} is not data`)
  }
  const json = JSON.stringify(encode(state))
  const bytes = new Uint8Array(offset)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { json, bytes }
}

/**
 * The state {@link encodeState} split.
 *
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` for text that is not JSON, or an array outside the bytes.
 */
export function decodeState(encoded: EncodedState): unknown {
  // Typed arrays need an offset that is a multiple of their item size. A copy starts at offset 0, which fits all of them.
  const buffer = encoded.bytes.slice().buffer
  const decode = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(decode)
    const fields = value as Record<string, unknown>
    if (typeof fields['$number'] === 'string') return Number(fields['$number'])
    if (typeof fields['$array'] === 'string') return readArray(buffer, fields)
    return Object.fromEntries(Object.entries(fields).map(([key, entry]) => [key, decode(entry)]))
  }
  try {
    return decode(JSON.parse(encoded.json))
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: 'The saved model is not readable JSON', cause })
  }
}

function readArray(buffer: ArrayBuffer, fields: Record<string, unknown>): Numbers {
  const { $array: type, at, length } = fields
  if (typeof type === 'string' && type in constructors && isCount(at) && isCount(length)) {
    const create = constructors[type as NumbersName]
    if (at % 8 === 0 && at + length * create.BYTES_PER_ELEMENT <= buffer.byteLength)
      return new create(buffer, at, length)
  }
  throw new PipelineError('ERR_CORRUPT_ARTIFACT', {
    message: 'The saved model refers to an array that its bytes do not hold',
    received: JSON.stringify(fields),
    expected: `an array inside ${buffer.byteLength} bytes`,
  })
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

function arrayType(value: unknown): NumbersName | undefined {
  for (const [name, create] of Object.entries(constructors)) if (value instanceof create) return name as NumbersName
  return undefined
}
