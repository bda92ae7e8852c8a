import { PipelineError, type OperationContext } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { decodeImage } from './decode-image.js'
import type { ListedFile } from './list-folder.js'
import { readPicture } from './read-picture.js'

/** Files read at a time: what is held in memory. */
const concurrency = 4
/** Files named in an error; the log names all. */
const mostNamed = 20

/**
 * Digest of every file, each of which is an image that can be decoded.
 *
 * Each is decoded, once for a state of the folder: a truncated picture must not end a run hours later, and the next one after that. Headers do not
 * tell, and the decoder at an eighth of a JPEG's size overlooks damage that it finds at full size.
 *
 * @returns sha256 per file, in order.
 * @throws {@link PipelineError} of the only file that cannot be used, or `ERR_BAD_DATA` that names them all.
 */
export async function scanFiles(
  root: string,
  files: readonly ListedFile[],
  ctx: Pick<OperationContext, 'signal' | 'progress' | 'log'>,
): Promise<string[]> {
  const digests = new Array<string>(files.length)
  const problems = new Map<number, PipelineError>()
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    for (let at = next++; at < files.length; at = next++) {
      ctx.signal.throwIfAborted()
      try {
        digests[at] = await digestOf(root, files[at]!.path)
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        problems.set(at, error)
      }
      ctx.progress(++done, files.length, 'files')
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const inOrder = [...problems].sort(([a], [b]) => a - b).map(([, error]) => error)
  if (inOrder.length > 1) for (const { message } of inOrder) ctx.log('warn', message)
  if (inOrder.length > 0) throw together(inOrder, files.length)
  return digests
}

async function digestOf(root: string, path: string): Promise<string> {
  const bytes = await readPicture({ root, path })
  if (bytes.length === 0)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Image "${path}" is an empty file`,
      hint: 'replace or remove it',
    })
  await decodeImage(bytes, path)
  return createHash('sha256').update(bytes).digest('hex')
}

function together(problems: readonly PipelineError[], numFiles: number): PipelineError {
  const [first] = problems
  if (problems.length === 1) return first!
  const rest = problems.length - mostNamed
  const lines = problems
    .slice(0, mostNamed)
    .map(({ message, received }) => `  ${message}${received ? `: ${received}` : ''}`)
  if (rest > 0) lines.push(`  and ${String(rest)} more, named in the log of this stage`)
  return new PipelineError('ERR_BAD_DATA', {
    message: [`${String(problems.length)} of ${String(numFiles)} images cannot be used:`, ...lines].join('\n'),
    hint: 'replace or remove these files',
    cause: first,
  })
}
