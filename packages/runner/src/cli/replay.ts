import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'
import { compareWithRecord, type ReplayDifference } from '../run/replay.js'
import { findProjectRoot } from '../registry/find-project.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { storeDirOf } from '../run/store-dir.js'
import { runPipeline } from '../run/run-pipeline.js'
import { openStore } from '../store/store.js'
import { UsageError, wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { findRecord } from './find-record.js'
import { listenForInterrupts } from './interrupts.js'
import { formatSeconds, type Output } from './output.js'

/**
 * `etsef replay RUN`, or the path of its `run.json`: runs a recorded pipeline again, in a store of its own, and compares every artifact
 * with the record.
 * Circumstances that differ (package versions, code, engine, content) are named; equal bytes are the same result whatever they are.
 */
export async function replay(args: Arguments, output: Output): Promise<number> {
  const [wanted] = args.rest
  if (wanted === undefined) throw new UsageError('etsef replay RUN, or the path of a run.json')
  const root = findProjectRoot(args.cwd)
  const storeDir = storeDirOf(root, args.cwd, args.values.store)
  const record = findRecord(wanted, args.cwd, storeDir)
  if (Object.hasOwn(record.resolved as object, 'sweep'))
    throw problem('ERR_BAD_REFERENCE', {
      message: `Run ${record.run} is that of a sweep, not of one pipeline`,
      hint: 'run the sweep again with another --store, or one of its trials with "etsef run" and the overrides of its journal',
    })
  const dir = join(storeDir, 'replays', record.run)
  ensureFolder(dir)
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
  const outcome = await runPipeline(keyed, {
    jobs: wholeNumber(args.values.jobs, 'jobs'),
    signal: listenForInterrupts(),
  })
  const differences = compareWithRecord(record, outcome.record, keyed, openStore(join(dir, 'store')))
  const numResults = differences.filter(({ isResult }) => isResult).length
  const isSame = numResults === 0 && outcome.record.status === 'ok'
  if (args.isJson)
    output.line(
      JSON.stringify({
        replayed: record.run,
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
        ? `every artifact is as in run ${record.run} (${formatSeconds(outcome.record.seconds)})`
        : `${numResults} artifacts differ from run ${record.run}`,
    )
  }
  return isSame ? exitCodes.ok : exitCodes.failed
}

function describe({ what, before, now }: ReplayDifference): string {
  return `${what}: ${before ?? '(none)'} then, ${now ?? '(none)'} now`
}
