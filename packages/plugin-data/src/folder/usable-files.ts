import { PipelineError, type SeedlessContext } from '@etsef/plugin-api'
import { contradiction, contradictions } from './folder-rows.js'
import type { FolderListing } from './list-folder.js'
import { refuseProblems, type Scan } from './scan-files.js'

/** What happens to files that cannot be used. */
export interface UnusableOptions {
  readonly onBroken: 'refuse' | 'drop'
  readonly onDuplicate: 'refuse' | 'drop'
}

/** Files that rows are made of. */
export interface Usable {
  readonly listing: FolderListing
  readonly sha256: readonly string[]
  /** Paths of files that were left out. */
  readonly dropped: readonly string[]
}

/** The files that rows are made of. @throws PipelineError that names every problem which no option passes over. */
export function usableFiles(
  listed: FolderListing,
  scan: Scan,
  { onBroken, onDuplicate }: UnusableOptions,
  ctx: Pick<SeedlessContext, 'log' | 'metric'>,
): Usable {
  const { files, classNames, partitions } = listed
  // A file without a digest is a set of its own.
  const sets = contradictions(
    files,
    scan.sha256.map((digest, i) => digest ?? `unread ${String(i)}`),
  )
  const contradicting = sets.map((twins) => contradiction(listed, twins))
  refuseProblems(
    [...(onBroken === 'refuse' ? scan.problems : []), ...(onDuplicate === 'refuse' ? contradicting : [])],
    files.length,
    ctx.log.bind(ctx),
  )
  const isContradicting = new Set(sets.flat())
  const kept = files.flatMap((file, i) => {
    const digest = scan.sha256[i]
    return digest === undefined || isContradicting.has(i) ? [] : [{ file, digest }]
  })
  for (const { message } of scan.problems) ctx.log('warn', `Dropped: ${message}`)
  for (const { message } of contradicting) ctx.log('warn', `Dropped: ${message}`)
  if (onBroken === 'drop') ctx.metric('brokenDropped', scan.problems.length)
  if (onDuplicate === 'drop') ctx.metric('contradictingDropped', isContradicting.size)
  const empty = classNames.filter((_, label) => !kept.some(({ file }) => file.label === label))
  if (empty.length > 0)
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `Nothing is left of ${empty.map((name) => `class "${name}"`).join(' and ')}: every file was dropped`,
      hint: 'the log of this stage names the files; replace them, or leave the class out with exclude',
    })
  const listing = { classNames, partitions, files: kept.map(({ file }) => file) }
  const isKept = new Set(listing.files)
  return {
    listing,
    sha256: kept.map(({ digest }) => digest),
    dropped: files.filter((file) => !isKept.has(file)).map(({ path }) => path),
  }
}
