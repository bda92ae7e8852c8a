import { findProjectRoot } from '../registry/find-project.js'
import { storeDirOf } from '../run/store-dir.js'
import { isRunLive } from '../run/live-runs.js'
import { isSubmitted } from '../run/submitted-tasks.js'
import { listRuns, readRunRecord, type RunRecord } from '../run/run-record.js'
import { problem, suggest } from '../errors.js'
import { primaryFigure } from './run-summary.js'
import type { Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatSeconds, formatTable, type Output } from './output.js'

/** `etsef runs [RUN]`: past runs, newest first, or the record of one. */
export async function runs(args: Arguments, output: Output): Promise<number> {
  const storeDir = storeDirOf(findProjectRoot(args.cwd), args.cwd, args.values.store)
  const ids = listRuns(storeDir)
  const [wanted] = args.rest
  if (wanted !== undefined) {
    const found = readRunRecord(storeDir, wanted)
    const record = found && asItIs(storeDir, found)
    if (!record && ids.includes(wanted))
      throw problem('ERR_BAD_DATA', {
        message: `The record of run "${wanted}" is damaged`,
        hint: 'its artifacts are not touched by that; run the pipeline again for a new record',
      })
    if (!record)
      throw problem('ERR_BAD_REFERENCE', { message: `There is no run "${wanted}"`, hint: suggest(wanted, ids, 'runs') })
    if (args.isJson) output.line(JSON.stringify(record))
    else {
      output.line(
        `${record.run}: ${record.status}, ${record.file}, ${record.startedAt}, ${formatSeconds(record.seconds)}, ${record.testLabelReads} test labels read`,
      )
      output.line(
        formatTable({
          columns: ['stage', 'outcome', 'seconds', 'attempts', 'key'],
          rows: Object.entries(record.stages).map(([id, stage]) => [
            id,
            stage.outcome,
            stage.seconds.toFixed(2),
            String(stage.attempts),
            stage.key.slice(0, 12),
          ]),
        }),
      )
    }
    return exitCodes.ok
  }
  const records = ids.flatMap((id) => readRunRecord(storeDir, id) ?? []).map((each) => asItIs(storeDir, each))
  if (args.isJson)
    output.line(
      JSON.stringify(
        records.map((record) => {
          const { run, status, file, pipeline, startedAt, seconds, engine, command } = record
          return {
            ...{ run, status, file, pipeline, startedAt, seconds, engine: engine ?? null },
            tag: command.tag ?? null,
            overrides: overridesOf(record),
            primary: primaryFigure(record) ?? null,
          }
        }),
      ),
    )
  else if (records.length === 0) output.line('no runs yet')
  else
    output.line(
      formatTable({
        columns: ['run', 'status', 'pipeline', 'tag', 'overrides', 'primary metric', 'took', 'done'],
        rows: records.map((record) => [
          record.run,
          record.status,
          record.file,
          record.command.tag ?? '',
          shorten(overridesOf(record).join(' ')),
          primaryText(record),
          formatSeconds(record.seconds),
          String(Object.values(record.stages).filter((stage) => stage.outcome === 'done').length),
        ]),
      }),
    )
  return Promise.resolve(exitCodes.ok)
}

/** What the command line set: overrides, and seed and profile as it named them. */
function overridesOf({ command: { overrides, profile, seed } }: RunRecord): readonly string[] {
  return [
    // The record is a file that somebody may have edited, so its shape is checked.
    ...(Array.isArray(overrides) ? overrides.map(String) : []),
    ...(seed === undefined ? [] : [`--seed ${String(seed)}`]),
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
  ]
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function primaryText(record: RunRecord): string {
  const figure = primaryFigure(record)
  return figure ? `${figure.name} ${figure.value.toFixed(3)}` : ''
}

/** The record with its true status: a run whose process was killed says "running" for ever, unless an executor still has its tasks. */
function asItIs(storeDir: string, record: RunRecord): RunRecord {
  const goesOn = isRunLive(storeDir, record.run) || isSubmitted(storeDir, record.run)
  return record.status === 'running' && !goesOn ? { ...record, status: 'interrupted' } : record
}
