import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { storeFolders } from '../store/store.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { runDir } from './run-record.js'
import type { StageReport } from './run-stages.js'

/** Reports leave the store as copies: what a reader does to them cannot damage an artifact. */
export function publishReports(
  keyed: KeyedPipeline,
  reports: ReadonlyMap<string, StageReport>,
  storeDir: string,
  run: string,
): Record<string, string> {
  const dirs: Record<string, string> = {}
  for (const [node, folder] of reportFolders(keyed, reports, storeDir)) {
    const target = join(runDir(storeDir, run), 'reports', node)
    cpSync(folder, target, { recursive: true })
    dirs[node] = target
  }
  return dirs
}

/** Report nodes, each with its folder in the store. */
export function* reportFolders(
  keyed: KeyedPipeline,
  reports: ReadonlyMap<string, StageReport>,
  storeDir: string,
): Iterable<readonly [node: string, folder: string]> {
  for (const [id, report] of reports) {
    const stage = keyed.stages.get(id)!
    for (const output of Object.values(report.manifest?.outputs ?? {}))
      if (output.kind === 'report') yield [stage.node, join(storeDir, storeFolders.artifacts, stage.key, output.path)]
  }
}
