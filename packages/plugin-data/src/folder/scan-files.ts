import { PipelineError, type OperationContext, type PixelImage } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { decodeImage, type DecodeOptions } from './decode-image.js'
import type { ListedFile } from './list-folder.js'
import { readPicture } from './read-picture.js'

/** Files read at a time: what is held in memory. */
const concurrency = 4
/** Files named in an error; the log names all. */
const mostNamed = 20

/** Takes the picture of a file that was decoded, by its digest. */
export type KeepPicture = (uri: string, sha256: string, image: PixelImage) => void

/** What {@link scanFiles} found. */
export interface Scan {
  /** sha256 per file, in order; undefined for a file that cannot be used. */
  readonly sha256: readonly (string | undefined)[]
  /** Why files cannot be used, in order. */
  readonly problems: readonly PipelineError[]
}

/**
 * Digest of every file, each of which is an image that can be decoded.
 *
 * Each is decoded, once for a state of the folder: a truncated picture must not end a run hours later, and the next one after that. Headers do not
 * tell, and the decoder at an eighth of a JPEG's size overlooks damage that it finds at full size.
 *
 * @param digest - Digest of one of the files, after it was decoded.
 */
export async function scanFiles(
  files: readonly ListedFile[],
  ctx: Pick<OperationContext, 'signal' | 'progress' | 'log'>,
  digest: (path: string) => Promise<string>,
): Promise<Scan> {
  const sha256 = new Array<string | undefined>(files.length).fill(undefined)
  const problems = new Map<number, PipelineError>()
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    for (let at = next++; at < files.length; at = next++) {
      ctx.signal.throwIfAborted()
      try {
        sha256[at] = await digest(files[at]!.path)
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        problems.set(at, error)
      }
      ctx.progress(++done, files.length, 'files')
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const inOrder = [...problems].sort(([a], [b]) => a - b).map(([, error]) => error)
  return { sha256, problems: inOrder }
}

/** Digest of a file with a picture, which is decoded and handed over. */
export async function digestOf(
  root: string,
  path: string,
  options: DecodeOptions = {},
  keep?: KeepPicture,
): Promise<string> {
  const bytes = await readPicture({ root, path })
  if (bytes.length === 0)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Image "${path}" is an empty file`,
      hint: 'replace or remove it, name it under exclude, or set onBroken: drop',
    })
  const image = await decodeImage(bytes, path, options)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  keep?.(path, sha256, image)
  return sha256
}

/**
 * Refuses files for all that is wrong with them, at once.
 *
 * @throws PipelineError the only problem, or `ERR_BAD_DATA` that names them all; does nothing without one.
 */
export function refuseProblems(
  problems: readonly PipelineError[],
  numFiles: number,
  log: OperationContext['log'],
): void {
  const [first, ...others] = problems
  if (!first) return
  if (others.length === 0) throw first
  for (const problem of problems) log('warn', lineOf(problem))
  const rest = problems.length - mostNamed
  const lines = problems.slice(0, mostNamed).map((problem) => `  ${lineOf(problem)}`)
  if (rest > 0) lines.push(`  and ${String(rest)} more, named in the log of this stage`)
  throw new PipelineError('ERR_BAD_DATA', {
    message: [`${String(problems.length)} problems with ${String(numFiles)} images:`, ...lines].join('\n'),
    hint: 'replace or remove these files (and their rows in a table), name them under exclude, or leave them out with onBroken: drop and onDuplicate: drop',
    cause: first,
  })
}

function lineOf({ message, received }: PipelineError): string {
  return `${message}${received ? `: ${received}` : ''}`
}
