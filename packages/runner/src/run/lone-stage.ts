import type { JsonObject } from '@etsef/plugin-api'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { AttemptFailed } from '../executor/attempt-failed.js'
import type { SpecInput, StageSpec } from '../executor/protocol.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import type { InstalledOperation } from '../graph/graph.js'
import type { Manifest } from '../store/manifest.js'
import { storeFolders } from '../store/store.js'

/** A stage that is part of no pipeline: it looks at what a run has made. */
export interface LoneStage {
  readonly key: string
  /** What messages, and its log, call it. */
  readonly node: string
  readonly inputs: readonly SpecInput[]
  readonly output: string
  readonly options: JsonObject
}

/** What such a stage is made by: it needs no tensors. */
export const loneStageWorker = { threads: 1, engine: undefined, devices: undefined } as const

/** What a worker is told of it. */
export function loneStageSpec(
  { operation, plugin: { entry, packageName, version } }: InstalledOperation,
  { key, node, options, inputs, output }: LoneStage,
  { storeDir, logDir }: { readonly storeDir: string; readonly logDir: string },
): StageSpec {
  return {
    key,
    node,
    part: 'run',
    type: operation.type,
    plugin: { entry, packageName, version },
    options,
    seed: key.slice(0, 32),
    threads: 1,
    inputs,
    outputs: [output],
    specs: {},
    storeDir,
    logFile: join(logDir, `${node}.log`),
    attempt: 1,
    replaces: true,
  }
}

/**
 * Runs one in a worker of its own.
 *
 * @param place - `run`: whose logs its own lies beside.
 * @throws what the operation throws.
 */
export async function runLoneStage(
  { root, storeDir, run }: { readonly root: string; readonly storeDir: string; readonly run: string },
  installed: InstalledOperation,
  stage: LoneStage,
): Promise<Manifest> {
  const logDir = join(storeDir, storeFolders.logs, run)
  ensureFolder(logDir)
  const pool = createWorkerPool({ size: 1, logDir, cwd: root })
  try {
    const spec = loneStageSpec(installed, stage, { storeDir, logDir })
    return (await pool.run(spec, { kind: loneStageWorker, onMessage: () => undefined })).manifest
  } catch (thrown) {
    throw thrown instanceof AttemptFailed ? thrown.error : thrown
  } finally {
    await pool.stop(0)
  }
}
