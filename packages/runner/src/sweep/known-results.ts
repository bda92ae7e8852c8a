import { canonicalJson } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidPipeline } from '../errors.js'
import { probeEngine } from '../run/engine.js'
import { runnerVersion } from '../run/runner-version.js'
import { contentDigest } from '../store/content-digest.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { checkTrials, openSweep, type ExpandedSweep, type OpenedSweep, type SweepRequest } from './check-sweep.js'
import { sweepDir } from './journal.js'
import { mergeTrials, resultDigests } from './merge-trials.js'

/** Digests of the results that trials have as things are, by trial, and what they were found from. */
interface Known {
  /** Digest of texts, code and settings. */
  readonly from: string
  /** Content that options name: path, files that it names, digest. */
  readonly contents: readonly (readonly [path: string, named: readonly string[], digest: string])[]
  /** Ids of engines, by what was asked for. */
  readonly engines: readonly (readonly [wanted: string | null, id: string])[]
  readonly results: Readonly<Record<string, string>>
}

/** A sweep, and the digest of the result that each trial has as things are. */
export interface SweepResults {
  readonly sweep: ExpandedSweep
  readonly results: ReadonlyMap<string, string>
}

/**
 * The results of a sweep's trials. They are found by planning every trial; where nothing of what keys are made of has changed since that was
 * done last, they are remembered.
 *
 * @throws InvalidPipeline when the sweep or one of its trials has problems.
 */
export async function sweepResults(request: SweepRequest): Promise<SweepResults> {
  const opened = await openSweep(request)
  const { expanded: sweep, shared } = opened
  if (sweep.problems.length > 0) throw new InvalidPipeline(sweep.problems)
  const file = join(sweepDir(sweep.storeDir, sweep.name), 'known-results.json')
  const from = request.isParanoid === true ? undefined : foundFrom(opened, request)
  const known = from === undefined ? undefined : readKnown(file)
  if (known?.from === from && known && (await holds(known, opened)))
    return { sweep, results: new Map(Object.entries(known.results)) }
  const checked = await checkTrials(opened)
  if (checked.problems.length > 0 || !('pipelines' in checked)) throw new InvalidPipeline(checked.problems)
  const keyed = await mergeTrials(checked)
  const results = resultDigests(keyed)
  if (from !== undefined)
    writeKnown(file, {
      from,
      contents: [...shared.contents.values()].map(({ path, named, digest }) => [path, named, digest]),
      engines: [...shared.engines].map(([wanted, { id }]) => [wanted ?? null, id]),
      results: Object.fromEntries(results),
    })
  return { sweep, results }
}

function foundFrom({ expanded, shared, textDigest }: OpenedSweep, request: SweepRequest): string {
  const plugins = shared.registry.plugins.map(({ installed }) => [
    installed.name,
    installed.packageName,
    shared.digests.of(installed).digest,
  ])
  const asked = [expanded.root, request.profile ?? null, request.engine ?? null]
  const text = canonicalJson([1, runnerVersion, ownCode(), asked, textDigest(), plugins])
  return createHash('sha256').update(text).digest('hex')
}

/** What plans: where it is worked on, its version does not tell. */
function ownCode(): readonly string[] {
  const folders = [
    fileURLToPath(new URL('..', import.meta.url)),
    dirname(fileURLToPath(import.meta.resolve('@etsef/plugin-api'))),
  ]
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .sort()
      .map((name) => {
        const { size, mtimeMs } = statSync(join(folder, name))
        return `${name} ${String(size)} ${String(mtimeMs)}`
      }),
  )
}

/** Whether content and engines are as they were. */
async function holds({ contents, engines }: Known, { expanded, shared }: OpenedSweep): Promise<boolean> {
  const { storeDir } = expanded
  try {
    for (const [path, named, digest] of contents)
      if (contentDigest(path, { storeDir, named }).digest !== digest) return false
    for (const [wanted, id] of engines)
      if ((await probeEngine(shared.registry, wanted ?? undefined)).id !== id) return false
    return true
  } catch {
    // What is wrong is told where it is met when trials are planned.
    return false
  }
}

function readKnown(file: string): Known | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Known
  } catch {
    return undefined
  }
}

function writeKnown(file: string, known: Known): void {
  // Of a sweep that was never run there is nothing to be told.
  if (!existsSync(dirname(file))) return
  const temporary = `${file}.${String(process.pid)}`
  try {
    writeFileSync(temporary, JSON.stringify(known))
    renameSync(temporary, file)
  } catch {
    // A full or read-only disk: trials are planned again next time.
    removeQuietly(temporary)
  }
}
