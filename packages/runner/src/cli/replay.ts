import { writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { problem, suggest } from '../errors.js'
import { compareWithRecord, type ReplayDifference } from '../run/replay.js'
import { findProjectRoot } from '../registry/find-project.js'
import { checkPipeline, keyPipeline, storeDirOf } from '../run/prepare.js'
import { runPipeline } from '../run/run-pipeline.js'
import { listRuns, readRunRecord } from '../run/run-record.js'
import { UsageError, wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatSeconds, type Output } from './output.js'

/**
 * `etsef replay RUN`: runs a recorded pipeline again, in the store given, and compares every artifact with the record.
 * What differs (package versions, engine, content) is named before anything runs.
 */
export async function replay(args: Arguments, output: Output, signal: AbortSignal): Promise<number> {
  const [wanted] = args.rest
  if (wanted === undefined) throw new UsageError('etsef replay RUN')
  const root = findProjectRoot(args.cwd)
  const storeDir = storeDirOf(root, args.cwd, args.values.store)
  const record = readRunRecord(storeDir, wanted)
  if (!record)
    throw problem('ERR_BAD_REFERENCE', {
      message: `There is no run "${wanted}"`,
      hint: suggest(wanted, listRuns(storeDir), 'runs'),
    })
  const dir = join(storeDir, 'replays', wanted)
  mkdirSync(dir, { recursive: true })
  // JSON is YAML; the resolved pipeline needs neither the files it extended nor the command line it was run with.
  const file = join(dir, 'pipeline.yaml')
  const resolved = Object.fromEntries(
    Object.entries(record.resolved as Readonly<Record<string, unknown>>).filter(([key]) => key !== 'profiles'),
  )
  writeFileSync(file, `${JSON.stringify(resolved, null, 2)}\n`)
  const keyed = await keyPipeline(
    await checkPipeline({
      file,
      cwd: root,
      storeDir: join(dir, 'store'),
      engine: args.values.engine ?? record.command.engine,
      isParanoid: true,
    }),
  )
  const outcome = await runPipeline(keyed, { jobs: wholeNumber(args.values.jobs, 'jobs'), signal })
  const differences = compareWithRecord(record, outcome.record, keyed)
  const isSame = differences.length === 0 && outcome.record.status === 'ok'
  if (args.isJson)
    output.line(
      JSON.stringify({
        replayed: wanted,
        run: outcome.record.run,
        status: outcome.record.status,
        same: isSame,
        differences,
      }),
    )
  else {
    for (const difference of differences) output.line(describe(difference))
    output.line(
      isSame
        ? `every artifact is as in run ${wanted} (${formatSeconds(outcome.record.seconds)})`
        : `${differences.length} differences to run ${wanted}`,
    )
  }
  return isSame ? exitCodes.ok : exitCodes.failed
}

function describe({ what, before, now }: ReplayDifference): string {
  return `${what}: ${before ?? '(none)'} then, ${now ?? '(none)'} now`
}
