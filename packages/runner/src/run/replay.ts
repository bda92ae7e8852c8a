import { describeDifference, explainStage } from '../plan/explain.js'
import { codeChanges } from '../plan/explain-code.js'
import { earlierOf } from './plan-run.js'
import type { KeyedPipeline } from './key-pipeline.js'
import type { RunRecord, StageRecord } from './run-record.js'
import { filesDigest } from '../store/manifest.js'
import type { Store } from '../store/store.js'

/** Something that is not as it was when the record was made. */
export interface ReplayDifference {
  /** An artifact has other bytes; else it is a circumstance, which may be the cause. */
  readonly isResult: boolean
  readonly what: string
  readonly before: string | undefined
  readonly now: string | undefined
}

/** Compares a replay with the record: circumstances first, then the artifacts whose bytes are others. */
export function compareWithRecord(
  record: RunRecord,
  replayed: RunRecord,
  keyed: KeyedPipeline,
  store: Store,
): readonly ReplayDifference[] {
  const differences: ReplayDifference[] = []
  const compare = (what: string, before: string | undefined, now: string | undefined): void => {
    if (before !== now) differences.push({ isResult: false, what, before, now })
  }
  for (const name of new Set([...Object.keys(record.versions.plugins), ...Object.keys(replayed.versions.plugins)])) {
    compare(`package ${name}`, record.versions.plugins[name], replayed.versions.plugins[name])
  }
  compare('runner', record.versions.runner, replayed.versions.runner)
  compare('engine', record.engine, replayed.engine)
  for (const [name, content] of Object.entries(record.contents))
    compare(`content ${name}`, content.digest, replayed.contents[name]?.digest)
  const codeNow = codeOf(replayed)
  for (const [name, digest] of codeOf(record))
    if (codeNow.has(name)) compare(`code of ${name}`, digest, codeNow.get(name))
  const earlier = earlierOf(record)
  const codeChange = codeChanges(store.dir, keyed.codes)
  for (const [id, stage] of Object.entries(record.stages)) {
    // Changed code gives another key, and often the same bytes.
    const before = stage.filesDigest
    const now = before === undefined ? undefined : filesOf(replayed.stages[id], store)
    if (before === now) continue
    const cause = keyed.stages.has(id) ? explainStage(id, keyed.stages, earlier, codeChange) : undefined
    differences.push({
      isResult: true,
      what: `artifact ${id}${cause ? ` (${describeDifference(cause)})` : ''}`,
      before,
      now,
    })
  }
  return differences
}

/** Of a stage that is pruned because an earlier replay got past it, too. */
function filesOf(stage: StageRecord | undefined, store: Store): string | undefined {
  if (!stage || stage.filesDigest !== undefined) return stage?.filesDigest
  const found = store.find(stage.key)
  return found.state === 'present' ? filesDigest(found.manifest) : undefined
}

/** Digests of the plugins' code, by package. */
function codeOf(record: RunRecord): ReadonlyMap<string, string> {
  return new Map(
    Object.values(record.stages).map(({ plugin, ingredients }) => [
      plugin.replace(/@[^@]*$/, ''),
      ingredients.implementation,
    ]),
  )
}
