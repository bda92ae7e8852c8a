import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { noEngine } from '../errors.js'

/** One file to take out of an archive. */
export interface ZipExtraction {
  readonly entry: string
  readonly target: string
  /** Lower-case hex digest the unpacked file must have. */
  readonly sha256?: string
}

/**
 * Takes named entries out of a zip file by streaming, so that an 800 MB library never sits in memory.
 *
 * @throws Error when an entry is missing, is stored by an unknown method, has another size than it says, or its digest differs.
 */
export async function extractZipEntries(archive: string, extractions: readonly ZipExtraction[]): Promise<void> {
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false })
  try {
    const entries = new Map<string, Entry>()
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry)
    for (const extraction of extractions) {
      const entry = entries.get(extraction.entry)
      if (entry === undefined) throw noEngine(`${archive} has no entry ${extraction.entry}`)
      await extractEntry(zip, entry, extraction)
    }
  } finally {
    zip.close()
  }
}

async function extractEntry(zip: ZipFile, entry: Entry, extraction: ZipExtraction): Promise<void> {
  await mkdir(dirname(extraction.target), { recursive: true })
  const hash = createHash('sha256')
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(await zip.openReadStreamPromise(entry), tap, createWriteStream(extraction.target))
  const digest = hash.digest('hex')
  if (extraction.sha256 !== undefined && digest !== extraction.sha256) {
    throw noEngine(`${extraction.entry}: sha256 is ${digest}, expected ${extraction.sha256}`)
  }
}
