import type { OperationContext, SeedlessContext } from '@etsef/plugin-api'
import { withSeed } from '@etsef/plugin-api/semantics'
import { accessSync, closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import type { FromWorker, StageSpec } from '../executor/protocol.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { storeFolders } from '../store/store.js'
import type { ArtifactWriter } from './artifact-output.js'

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

/** Name of the folder of checkpoints: the key; with the user's id where another user left one that he did not share. */
function checkpointsOf({ storeDir, key }: StageSpec): string {
  try {
    accessSync(join(storeDir, storeFolders.checkpoints, key), constants.R_OK | constants.W_OK | constants.X_OK)
    return key
  } catch (thrown) {
    // A folder that is not there, or no longer, is nobody's.
    const isAnothers = ['EACCES', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')
    return isAnothers ? `${key}-${String(process.getuid?.() ?? '')}` : key
  }
}

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
  const checkpoints = join(spec.storeDir, storeFolders.checkpoints, checkpointsOf(spec))
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
    threads: spec.threads,
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
