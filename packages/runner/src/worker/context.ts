import type { OperationContext, SeedlessContext } from '@etsef/plugin-api'
import { withSeed } from '@etsef/plugin-api/semantics'
import { closeSync, openSync, writeSync } from 'node:fs'
import { ensureFolder } from '../ensure-folder.js'
import type { FromWorker, StageSpec } from '../executor/protocol.js'
import { removeQuietly } from '../store/remove-quietly.js'
import type { ArtifactWriter } from './artifact-output.js'
import { checkpointFolder } from './checkpoint-folder.js'
import { grantedThreads } from './granted-threads.js'

/** The context of one stage, and what was reported through it. */
export interface StageScope {
  readonly ctx: OperationContext
  readonly metrics: Record<string, number>
  readonly series: { readonly name: string; readonly value: number; readonly step: number | undefined }[]
  /** A line in the log of the attempt. */
  log(level: string, message: string): void
  /** Removes the checkpoints of a stage that is done. */
  forgetCheckpoints(): void
  close(): void
}

/** Least time between two progress messages of a stage. */
const progressMs = 100

/** Opens the log and folders of a stage. Folders are made when they are asked for. */
export function openScope(
  spec: StageSpec,
  artifact: ArtifactWriter,
  signal: AbortSignal,
  send: (message: FromWorker) => void,
): StageScope {
  const descriptor = openSync(spec.logFile, 'a')
  const log = (level: string, message: string): void => {
    try {
      writeSync(descriptor, `${level} ${message}\n`)
    } catch {
      // A full disk must not hide what the stage itself says of it.
    }
  }
  log(
    'info',
    `${spec.type} (${spec.plugin.packageName} ${spec.plugin.version}) as "${spec.node}", ${spec.part}, attempt ${String(spec.attempt)}, key ${spec.key}`,
  )
  const metrics: Record<string, number> = {}
  const series: { name: string; value: number; step: number | undefined }[] = []
  const temporary = `${artifact.dir}-scratch`
  const checkpoints = checkpointFolder(spec)
  let lastProgress = 0
  let hasTemporary = false
  let hasCheckpoints = false
  const seedless: SeedlessContext = {
    signal,
    log(level, message) {
      log(level, message)
      if (level !== 'debug') send({ type: 'log', level, message })
    },
    progress(done, total, unit) {
      const now = performance.now()
      if (now - lastProgress < progressMs && done < total) return
      lastProgress = now
      send({ type: 'progress', done, total, unit })
    },
    metric(name, value, step) {
      if (Number.isFinite(value)) metrics[name] = value
      series.push({ name, value, step })
      send({ type: 'metric', name, value, step })
    },
    get tmpDir() {
      if (!hasTemporary) ensureFolder(temporary)
      hasTemporary = true
      return temporary
    },
    get checkpointDir() {
      if (!hasCheckpoints) ensureFolder(checkpoints)
      hasCheckpoints = true
      return checkpoints
    },
    outputDir: (port) => artifact.folder(port),
    engine: spec.engine,
    get threads() {
      return grantedThreads.count
    },
  }
  const ctx = withSeed(seedless, spec.type, spec.seed)
  return {
    ctx,
    metrics,
    series,
    log,
    forgetCheckpoints() {
      // Whatever an earlier attempt left, this one asked for, too: the key tells the code.
      if (hasCheckpoints) removeQuietly(checkpoints)
    },
    close() {
      closeSync(descriptor)
      if (hasTemporary) removeQuietly(temporary)
    },
  }
}
