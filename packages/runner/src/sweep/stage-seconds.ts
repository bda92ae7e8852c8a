import { listRuns, readRunRecord } from '../run/run-record.js'

/** Seconds that a stage took when it was computed, by its key, as the runs of a store tell. */
export function stageSeconds(storeDir: string): Map<string, number> {
  const seconds = new Map<string, number>()
  for (const run of listRuns(storeDir)) {
    for (const stage of Object.values(readRunRecord(storeDir, run)?.stages ?? {}))
      if (stage.outcome === 'done' && !seconds.has(stage.key)) seconds.set(stage.key, stage.seconds)
  }
  return seconds
}
