import { locate, type PipelineError } from '@etsef/plugin-api'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstalledPlugin } from '../graph/graph.js'
import type { Stage } from '../plan/stages.js'
import { changedAtMs, changedFile, codeChanged, type SeenCode } from '../registry/seen-code.js'
import type { Store } from '../store/store.js'
import type { KeyedPipeline } from './key-pipeline.js'
import type { StageReport } from './run-stages.js'

/**
 * Makes sure that each artifact of a run was made by the code whose digest is in its key, even when a plugin's file is edited during the
 * run.
 */
export interface CodeWatch {
  /** Files with what was seen of the code that a stage runs: its own plugin's, and of those that load its pixels. */
  seenBy(stage: Stage): readonly string[]
  /** A stage was published by this run. */
  published(stage: Stage): void
  /**
   * Looks a last time. What was published after a plugin's code was written, and what was made of that, is set aside.
   *
   * @returns The reports as they are now.
   */
  settle(reports: ReadonlyMap<string, StageReport>): ReadonlyMap<string, StageReport>
}

/** Milliseconds by which times of files may lag behind the clock of this process. */
const slackMs = 20

/**
 * Watches the code of a run's plugins from the moment their digests were taken.
 *
 * @param dir - Folder for what workers are told; emptied of it when the run settles.
 */
export function watchCode(keyed: KeyedPipeline, store: Store, dir: string): CodeWatch {
  const seen = new Map<string, { readonly file: string | undefined; readonly code: SeenCode }>()
  const publishedAt = new Map<string, number>()
  const fileOf = ({ packageName }: InstalledPlugin, digest: string): string | undefined => {
    const known = seen.get(packageName)
    if (known) return known.file
    const file = join(dir, `code-${digest.slice(0, 16)}.json`)
    const code: SeenCode = { packageName, files: keyed.codes.get(digest)?.seen ?? [] }
    const written = attempt(() => {
      writeFileSync(file, JSON.stringify(code))
      return file
    })
    seen.set(packageName, { file: written, code })
    return written
  }
  const digests = new Map(
    [...keyed.stages.values()].map(({ plugin, ingredients }) => [plugin, ingredients.implementation]),
  )
  return {
    seenBy(stage) {
      const plugins = new Set([stage.plugin])
      // Pixels are loaded by every operation on the way from the source.
      const open = stage.inputs.filter(({ kind }) => kind === 'images')
      for (let input = open.pop(); input; input = open.pop()) {
        const producer = keyed.stages.get(input.stage)!
        if (plugins.has(producer.plugin) && producer.inputs.length === 0) continue
        plugins.add(producer.plugin)
        open.push(...producer.inputs.filter(({ kind }) => kind === 'images'))
      }
      return [...plugins].flatMap((plugin) => fileOf(plugin, digests.get(plugin)!) ?? [])
    },
    published(stage) {
      publishedAt.set(stage.id, Date.now())
    },
    settle(reports) {
      const changes = new Map<string, { readonly error: PipelineError; readonly sinceMs: number }>()
      for (const { file, code } of seen.values()) {
        const changed = changedFile(code)
        if (file !== undefined)
          attempt(() => {
            rmSync(file, { force: true })
          })
        if (changed === undefined) continue
        changes.set(code.packageName, {
          error: codeChanged(code.packageName, changed),
          sinceMs: changedAtMs(changed) - slackMs,
        })
      }
      if (changes.size === 0) return reports
      const settled = new Map(reports)
      const suspicious = new Map<string, PipelineError>()
      // Stages are listed producers first, so an artifact's inputs have been judged before it is.
      for (const stage of keyed.stages.values()) {
        const at = publishedAt.get(stage.id)
        const report = reports.get(stage.id)
        if (at === undefined) continue
        const above = [
          ...stage.inputs.map((input) => input.stage),
          ...(stage.fitStage === undefined ? [] : [stage.fitStage]),
        ]
        const own = changes.get(stage.plugin.packageName)
        const error = own && at >= own.sinceMs ? own.error : above.map((id) => suspicious.get(id)).find((each) => each)
        if (!error) continue
        suspicious.set(stage.id, error)
        store.quarantine(stage.key)
        const { seconds = 0, attempts = 0 } = report ?? {}
        settled.set(stage.id, { outcome: 'failed', seconds, attempts, error: locate(error, { node: stage.node }) })
      }
      return settled
    },
  }
}

/**
 * Workers check the code against this file. Where it cannot be written, as on a full disk, they do not, and only the check at the end of
 * the run is left.
 */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
