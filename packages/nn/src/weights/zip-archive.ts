import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { badWeights } from '../errors.js'

/** What {@link readZip} takes out of an archive. */
export interface ZipOptions {
  /** Entries to unpack, by name. */
  readonly wanted: (name: string) => boolean
  /** How the archive is called in messages. */
  readonly what: string
  /** Whether compressed entries are unpacked, within {@link readZip}'s bound; otherwise they are refused. */
  readonly unpacks: boolean
}

/**
 * Entries of a zip file in memory. Stored entries are views of it.
 *
 * Sizes are believed only as far as they can be true: entries may not overlap, and together unpack to at most eight times the archive and
 * 64 MB, since weights hardly compress.
 *
 * @throws PipelineError `ERR_WEIGHTS` for a damaged archive, and one made to unpack to more than it holds.
 */
export async function readZip(bytes: Uint8Array, options: ZipOptions): Promise<ReadonlyMap<string, Uint8Array>> {
  const { what } = options
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const zip = await fromBufferPromise(buffer, { lazyEntries: true })
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    refuseOverlaps(entries, bytes.length, what)
    const wanted = entries.filter(({ fileName }) => options.wanted(fileName))
    refuseTooMuch(wanted, bytes.length, what)
    const unpacked = new Map<string, Uint8Array>()
    for (const entry of wanted) {
      const { fileName } = entry
      if (unpacked.has(fileName)) throw badWeights(`${what} holds two entries "${fileName}"`)
      if (entry.compressionMethod !== 0 && !options.unpacks)
        throw badWeights(`entry "${fileName}" is compressed, which ${what} never is`)
      unpacked.set(fileName, await unpack(zip, entry, bytes))
    }
    return unpacked
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'PipelineError') throw cause
    throw badWeights(`${what} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function unpack(zip: ZipFile, entry: Entry, bytes: Uint8Array): Promise<Uint8Array> {
  if (entry.compressionMethod === 0) {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
    return bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize)
  }
  // The reader ends the stream with an error when it gives more or less than the entry's size.
  const chunks: Uint8Array[] = []
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

/** Entries that share bytes let a small archive unpack to a large one, compressed or not. */
function refuseOverlaps(entries: readonly Entry[], size: number, what: string): void {
  const localHeaderBytes = 30
  const inOrder = [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)
  for (const [index, entry] of inOrder.entries()) {
    const { relativeOffsetOfLocalHeader: start, fileNameLength, compressedSize, fileName } = entry
    const next = inOrder[index + 1]
    if (start + localHeaderBytes + fileNameLength + compressedSize <= (next?.relativeOffsetOfLocalHeader ?? size))
      continue
    throw badWeights(
      `${what} is damaged: entry "${fileName}" ${next ? `overlaps "${next.fileName}"` : 'ends outside it'}`,
    )
  }
}

function refuseTooMuch(entries: readonly Entry[], size: number, what: string): void {
  const most = 8 * size + 64_000_000
  const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  if (total <= most) return
  throw badWeights(`${what} would unpack to far more than it holds`, {
    expected: `at most ${most} bytes from ${size}`,
    received: `${total} bytes`,
    hint: 'weights hardly compress; the file is made to use up memory',
  })
}
