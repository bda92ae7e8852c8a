import type { KeptRow, PixelImage } from '@etsef/plugin-api'
import { checkPixels } from '@etsef/plugin-api/semantics'
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { picturesLimitMb } from '../store/pictures-limit.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { storeFolders } from '../store/store-folders.js'
import { temporaryName } from '../store/temporary-name.js'

/*
 * A file of decoded pictures: their bytes one after another, then an index as JSON, then the length of that and its checksum. It is written
 * once, in a folder that nothing reads, and appears whole. Nobody needs it: what is not there, or not as it was written, is decoded again.
 */

/** No more is kept than this part of what is free on the disk. */
const shareOfFree = 0.1
/** Length of the index, eight bytes, and its CRC-32. */
const trailerBytes = 12

/** Columns, an entry per picture. */
interface Index {
  readonly names: string[]
  readonly dtypes: PixelImage['dtype'][]
  readonly shapes: (readonly number[])[]
  readonly offsets: number[]
  /** CRC-32 of each. */
  readonly sums: number[]
}

/** Pictures that a source hands over, on their way to disk. */
export interface PictureWriter {
  /** Keeps a picture, where there is room. @throws PipelineError for what is no picture. */
  keep(this: void, row: KeptRow, image: PixelImage): void
  /** Makes the pictures visible to later stages, under the key of the source's artifact. */
  publish(key: string): void
  /** Removes what was not published. */
  discard(): void
}

/** Starts a file of pictures; nothing is written before the first. What goes wrong with it is never the end of a stage. */
export function createPictureWriter(storeDir: string, megabytes = picturesLimitMb()): PictureWriter {
  const path = join(storeDir, storeFolders.temporary, temporaryName())
  const index: Index = { names: [], dtypes: [], shapes: [], offsets: [], sums: [] }
  let file: number | undefined
  let limit = megabytes * 2 ** 20
  let bytes = 0
  let isDone = limit <= 0
  const giveUp = (): void => {
    isDone = true
    const started = file
    file = undefined
    try {
      if (started !== undefined) closeSync(started)
    } catch {
      // A quota is told at closing by some file systems; the file is closed all the same.
    }
    removeQuietly(path)
  }
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch {
      // A full or read-only disk, a quota: the run does without.
      giveUp()
    }
  }
  return {
    keep({ port, uri, sourceId }, image) {
      checkPixels(image)
      if (isDone) return
      attempt(() => {
        if (file === undefined) {
          const { bavail, bsize } = statfsSync(storeDir)
          limit = Math.min(limit, bavail * bsize * shareOfFree)
          file = openSync(path, 'wx')
        }
        const { buffer, byteOffset, byteLength } = image.data
        if (bytes + byteLength > limit) return
        const chunk = new Uint8Array(buffer, byteOffset, byteLength)
        for (let from = 0; from < byteLength;) from += writeSync(file, chunk, from)
        index.names.push(nameOf(port, uri, sourceId))
        index.dtypes.push(image.dtype)
        index.shapes.push([...image.shape])
        index.offsets.push(bytes)
        index.sums.push(crc32(chunk))
        bytes += byteLength
      })
    },
    publish(key) {
      if (isDone || file === undefined) return
      const written = file
      attempt(() => {
        const text = Buffer.from(JSON.stringify(index))
        const trailer = Buffer.alloc(trailerBytes)
        trailer.writeBigUInt64LE(BigInt(text.byteLength))
        trailer.writeUInt32LE(crc32(text), 8)
        const end = Buffer.concat([text, trailer])
        for (let from = 0; from < end.byteLength;) from += writeSync(written, end, from)
        file = undefined
        closeSync(written)
        renameSync(path, pathOf(storeDir, key))
        isDone = true
      })
    },
    discard() {
      if (!isDone) giveUp()
    },
  }
}

/** Decoded pictures of one source. */
export interface DecodedPictures {
  /** A picture in memory of its own; undefined where it was not kept, or its bytes are not as they were written. */
  read(row: KeptRow): PixelImage | undefined
}

const open = new Map<string, DecodedPictures>()

/** The pictures that were kept under the key of a source's artifact; undefined where there are none. */
export function openDecodedPictures(storeDir: string, key: string): DecodedPictures | undefined {
  const path = pathOf(storeDir, key)
  const known = open.get(path)
  if (known) return known
  if (!existsSync(path)) return undefined
  try {
    const pictures = readPictures(path)
    open.set(path, pictures)
    return pictures
  } catch {
    // Cut short, or removed meanwhile.
    return undefined
  }
}

function readPictures(path: string): DecodedPictures {
  const file = openSync(path, 'r')
  try {
    const { names, dtypes, shapes, offsets, sums } = readIndex(file)
    const at = new Map(names.map((name, index) => [name, index]))
    return {
      read({ port, uri, sourceId }) {
        const index = at.get(nameOf(port, uri, sourceId))
        if (index === undefined) return undefined
        const [dtype, shape] = [dtypes[index]!, shapes[index]!]
        const data = new arrays[dtype](shape.reduce((product, size) => product * size, 1))
        const bytes = new Uint8Array(data.buffer)
        if (!readWhole(file, bytes, offsets[index]!) || crc32(bytes) !== sums[index]) return undefined
        return { dtype, shape: shape as PixelImage['shape'], data }
      },
    }
  } catch (thrown) {
    closeSync(file)
    throw thrown
  }
}

const arrays = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array } as const

function readIndex(file: number): Index {
  const { size } = fstatSync(file)
  const trailer = Buffer.alloc(trailerBytes)
  if (!readWhole(file, trailer, size - trailerBytes)) throw new RangeError('no trailer')
  const length = Number(trailer.readBigUInt64LE())
  if (length > size - trailerBytes) throw new RangeError('no index')
  const text = Buffer.alloc(length)
  const isWhole = readWhole(file, text, size - trailerBytes - length)
  if (!isWhole || crc32(text) !== trailer.readUInt32LE(8)) throw new RangeError('no index')
  return JSON.parse(text.toString('utf8')) as Index
}

function readWhole(file: number, into: Uint8Array, from: number): boolean {
  if (from < 0) return false
  for (let done = 0; done < into.byteLength;) {
    const read = readSync(file, into, done, into.byteLength - done, from + done)
    if (read === 0) return false
    done += read
  }
  return true
}

function nameOf(port: string, uri: string, sourceId: string): string {
  return JSON.stringify([port, uri, sourceId])
}

function pathOf(storeDir: string, key: string): string {
  return join(storeDir, storeFolders.pictures, key)
}
