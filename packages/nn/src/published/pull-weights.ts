import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { badWeights } from '../errors.js'
import { download, sizeOfFile, type DownloadOptions } from './download.js'
import type { Checksum, PublishedWeights } from './published-weights.js'

/** Options of {@link pullWeights}. */
export interface PullOptions extends DownloadOptions {
  /** Cache folder; made if need be. */
  readonly dir: string
}

/** What {@link verifyWeights} found; `unchecked` when the publisher gives no checksum. */
export type Verification = 'ok' | 'wrong' | 'missing' | 'unchecked'

/** Where a catalogue entry's file lies in a cache folder. */
export function cachedWeightsPath(entry: PublishedWeights, dir: string): string {
  return join(dir, entry.architecture, basename(new URL(entry.url).pathname))
}

/** Compares a cached file with the publisher's checksum. */
export async function verifyWeights(entry: PublishedWeights, dir: string): Promise<Verification> {
  const path = cachedWeightsPath(entry, dir)
  if ((await sizeOfFile(path)) === undefined) return 'missing'
  if (entry.checksum === undefined) return 'unchecked'
  return (await matches(path, entry.checksum)) ? 'ok' : 'wrong'
}

/**
 * The file of a catalogue entry, from the cache or from the publisher. An interrupted download goes on where it stopped; a file
 * with another checksum, downloaded or found, is set aside as `<file>.wrong` and never used.
 *
 * @returns Path of the file.
 * @throws PipelineError `ERR_WEIGHTS` when offline (it says which file to place where), or for a wrong checksum.
 */
export async function pullWeights(entry: PublishedWeights, options: PullOptions): Promise<string> {
  const path = cachedWeightsPath(entry, options.dir)
  const state = await verifyWeights(entry, options.dir)
  if (state === 'ok' || state === 'unchecked') return path
  await mkdir(join(path, '..'), { recursive: true })
  if (state === 'wrong') await rename(path, `${path}.wrong`)
  const part = `${path}.part`
  await download({ url: entry.url, part, path, name: entry.id }, options)
  if (entry.checksum !== undefined && !(await matches(part, entry.checksum))) {
    await rename(part, `${path}.wrong`)
    throw badWeights(`${entry.url} has another checksum than its publisher states`, {
      expected: showChecksum(entry.checksum),
      received: `${entry.checksum.algorithm} ${await digestOf(`${path}.wrong`, entry.checksum)}, set aside as ${path}.wrong`,
      hint: 'try again; if it stays so, the file was changed: do not use it',
    })
  }
  await rename(part, path)
  return path
}

/** True when a file has a digest that begins as the publisher says. */
export async function matches(path: string, checksum: Checksum): Promise<boolean> {
  return (await digestOf(path, checksum)).startsWith(checksum.hex)
}

async function digestOf(path: string, { algorithm }: Checksum): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** `md5 4d47…`, or `sha256 f37072fd…` where the publisher gives the first digits. */
export function showChecksum({ algorithm, hex }: Checksum): string {
  const length = algorithm === 'md5' ? 32 : 64
  return `${algorithm} ${hex}${hex.length < length ? '…' : ''}`
}
