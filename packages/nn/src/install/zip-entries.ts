import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'

/** One file to take out of an archive. */
export interface ZipExtraction {
  readonly entry: string
  readonly target: string
  /** Lower-case hex digest the unpacked file must have. */
  readonly sha256?: string
}

interface EntryPlace {
  readonly method: number
  readonly compressedSize: number
  readonly headerOffset: number
}

/**
 * Takes named entries out of a zip file (32-bit sizes) by streaming, so that an 800 MB library never sits in memory.
 *
 * @throws Error when an entry is missing, is stored by an unknown method, or its digest differs.
 */
export async function extractZipEntries(archive: string, extractions: readonly ZipExtraction[]): Promise<void> {
  const file = await open(archive, 'r')
  try {
    const places = await readDirectory(file, archive)
    for (const extraction of extractions) {
      const place = places.get(extraction.entry)
      if (place === undefined) throw new Error(`${archive} has no entry ${extraction.entry}`)
      await extractEntry(file, archive, place, extraction)
    }
  } finally {
    await file.close()
  }
}

async function extractEntry(
  file: FileHandle,
  archive: string,
  place: EntryPlace,
  extraction: ZipExtraction,
): Promise<void> {
  if (place.method !== 0 && place.method !== 8) {
    throw new Error(`${extraction.entry}: unknown compression method ${place.method}`)
  }
  const header = await readBytes(file, place.headerOffset, 30)
  const start = place.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  await mkdir(dirname(extraction.target), { recursive: true })
  const hash = createHash('sha256')
  const source = createReadStream(archive, { start, end: start + place.compressedSize - 1 })
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const sink = createWriteStream(extraction.target)
  if (place.method === 8) await pipeline(source, createInflateRaw(), tap, sink)
  else await pipeline(source, tap, sink)
  const digest = hash.digest('hex')
  if (extraction.sha256 !== undefined && digest !== extraction.sha256) {
    throw new Error(`${extraction.entry}: sha256 is ${digest}, expected ${extraction.sha256}`)
  }
}

async function readDirectory(file: FileHandle, archive: string): Promise<Map<string, EntryPlace>> {
  const { size } = await file.stat()
  const tailStart = Math.max(0, size - 65557)
  const tail = await readBytes(file, tailStart, size - tailStart)
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end < 0) throw new Error(`${archive} is not a zip file`)
  const directory = await readBytes(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
  const places = new Map<string, EntryPlace>()
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50;) {
    const nameLength = directory.readUInt16LE(at + 28)
    places.set(directory.toString('utf8', at + 46, at + 46 + nameLength), {
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      headerOffset: directory.readUInt32LE(at + 42),
    })
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return places
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  if (bytesRead !== length) throw new Error(`archive ends early: wanted ${length} bytes at ${position}`)
  return buffer
}
