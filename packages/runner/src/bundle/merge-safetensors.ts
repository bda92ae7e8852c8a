import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs'

/** A safetensors file, and what its tensors are called by in the whole. */
interface Part {
  readonly path: string
  readonly prefix: string
}

interface Header {
  readonly entries: Readonly<Record<string, { readonly data_offsets: readonly [number, number] }>>
  /** Bytes before the tensors. */
  readonly start: number
}

/**
 * Safetensors files as one: tensors go by `prefix/name`, their bytes are as they were.
 *
 * @see safetensors 0.5 format description: a length, a header in JSON, and the tensors.
 */
export function mergeSafetensors(parts: readonly Part[], to: string): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'etsef' } }
  const headers = parts.map(({ path }) => readHeader(path))
  let base = 0
  headers.forEach(({ entries, start }, at) => {
    for (const [name, { data_offsets: offsets, ...entry }] of Object.entries(entries))
      header[`${parts[at]!.prefix}/${name}`] = { ...entry, data_offsets: offsets.map((offset) => base + offset) }
    base += statSync(parts[at]!.path).size - start
  })
  const json = Buffer.from(JSON.stringify(header))
  const text = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ')
  json.copy(text)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const file = openSync(to, 'wx')
  try {
    writeSync(file, length)
    writeSync(file, text)
    parts.forEach(({ path }, at) => {
      writeSync(file, readFileSync(path).subarray(headers[at]!.start))
    })
  } finally {
    closeSync(file)
  }
}

function readHeader(path: string): Header {
  const file = openSync(path, 'r')
  try {
    const length = Buffer.alloc(8)
    readSync(file, length)
    const json = Buffer.alloc(Number(length.readBigUInt64LE()))
    readSync(file, json)
    // Written by the operation a moment ago.
    const all = Object.entries(JSON.parse(json.toString()) as Header['entries'])
    const entries = Object.fromEntries(all.filter(([name]) => name !== '__metadata__'))
    return { entries, start: 8 + json.length }
  } finally {
    closeSync(file)
  }
}
