/** Pieces of an encoded message; joined once at the end, so that large tensors are not copied at every level. */
export interface Encoded {
  readonly chunks: readonly Uint8Array[]
  readonly length: number
}

/** A message from its fields. */
export function message(...fields: readonly Encoded[]): Encoded {
  return messageOf(fields)
}

/** A message from a list of fields, which may be longer than a call takes arguments. */
export function messageOf(fields: readonly Encoded[]): Encoded {
  return {
    chunks: fields.flatMap((field) => field.chunks),
    length: fields.reduce((sum, field) => sum + field.length, 0),
  }
}

/** An integer field (wire type 0); non-negative or a small negative one. */
export function intField(field: number, value: number): Encoded {
  return bytesOf([...varint(field * 8), ...signedVarint(value)])
}

/** A list of integers in one field, packed (wire type 2); non-negative or small negative ones. */
export function packedInts(field: number, values: Iterable<number>): Encoded {
  const bytes: number[] = []
  for (const value of values) for (const byte of signedVarint(value)) bytes.push(byte)
  return bytesField(field, Uint8Array.from(bytes))
}

/** A float field (wire type 5). */
export function floatField(field: number, value: number): Encoded {
  const data = new Uint8Array(4)
  new DataView(data.buffer).setFloat32(0, value, true)
  return bytesOf([...varint(field * 8 + 5), ...data])
}

/** A text field. */
export function textField(field: number, value: string): Encoded {
  return bytesField(field, new TextEncoder().encode(value))
}

/** A bytes field. */
export function bytesField(field: number, value: Uint8Array): Encoded {
  return messageField(field, { chunks: [value], length: value.length })
}

/** A nested message field (wire type 2). */
export function messageField(field: number, value: Encoded): Encoded {
  const head = Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length)])
  return { chunks: [head, ...value.chunks], length: head.length + value.length }
}

/** The encoded message as one array. */
export function join({ chunks, length }: Encoded): Uint8Array {
  const out = new Uint8Array(length)
  let position = 0
  for (const chunk of chunks) {
    out.set(chunk, position)
    position += chunk.length
  }
  return out
}

function bytesOf(bytes: readonly number[]): Encoded {
  return { chunks: [Uint8Array.from(bytes)], length: bytes.length }
}

function signedVarint(value: number): number[] {
  if (value >= 0) return varint(value)
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}
