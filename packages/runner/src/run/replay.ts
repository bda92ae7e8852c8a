import { describeDifference, explainStage } from '../plan/explain.js'
import { earlierOf } from './plan-run.js'
import type { KeyedPipeline } from './prepare.js'
import type { RunRecord } from './run-record.js'

/** Something that is not as it was when the record was made. */
export interface ReplayDifference {
  readonly what: string
  readonly before: string | undefined
  readonly now: string | undefined
}

/** Compares a replay with the record: circumstances first, then the artifacts of every stage both have. */
export function compareWithRecord(
  record: RunRecord,
  replayed: RunRecord,
  keyed: KeyedPipeline,
): readonly ReplayDifference[] {
  const differences: ReplayDifference[] = []
  const compare = (what: string, before: string | undefined, now: string | undefined): void => {
    if (before !== now) differences.push({ what, before, now })
  }
  for (const name of new Set([...Object.keys(record.versions.plugins), ...Object.keys(replayed.versions.plugins)])) {
    compare(`package ${name}`, record.versions.plugins[name], replayed.versions.plugins[name])
  }
  compare('runner', record.versions.runner, replayed.versions.runner)
  compare('engine', record.engine, replayed.engine)
  for (const [name, content] of Object.entries(record.contents))
    compare(`content ${name}`, content.digest, replayed.contents[name]?.digest)
  const earlier = earlierOf(record)
  for (const [id, stage] of Object.entries(record.stages)) {
    const now = replayed.stages[id]
    if (stage.digest === undefined || now?.digest === stage.digest) continue
    const cause = keyed.stages.has(id) ? explainStage(id, keyed.stages, earlier) : undefined
    compare(`artifact ${id}${cause ? ` (${describeDifference(cause)})` : ''}`, stage.digest, now?.digest)
  }
  return differences
}
