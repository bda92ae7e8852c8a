import { toPlain } from '../pipeline/located.js'
import type { Stage } from '../plan/stages.js'
import { filesDigest, manifestDigest } from '../store/manifest.js'
import type { KeyedPipeline } from './key-pipeline.js'
import type { RunRecord, StageRecord } from './run-record.js'
import type { StageReport } from './run-stages.js'
import { runnerVersion } from './runner-version.js'

/** Sorts by time; two runs of one millisecond differ by their process. */
export function runIdOf(time: Date): string {
  return `${time.toISOString().replace(/[-:]/g, '').replace('T', '-').replace('Z', '').replace('.', '-')}-${String(process.pid)}`
}

/** What is known of a run when it begins. */
export function recordBase(
  keyed: KeyedPipeline,
  run: string,
  started: Date,
  options: { readonly jobs?: number | undefined; readonly tag?: string | undefined },
): Omit<RunRecord, 'status' | 'seconds' | 'stages' | 'testLabelReads'> {
  const { document, request, engine, contents, registry } = keyed
  return {
    format: 1,
    run,
    startedAt: started.toISOString(),
    pipeline: document.name,
    file: document.file,
    command: {
      overrides: request.overrides ?? [],
      profile: request.profile,
      seed: request.seed,
      engine: request.engine,
      jobs: options.jobs,
      tag: options.tag,
    },
    resolved: { ...(toPlain(document.root) as Readonly<Record<string, never>>), seed: document.seed },
    engine: engine?.id,
    versions: {
      runner: runnerVersion,
      node: process.version,
      plugins: Object.fromEntries(registry.installed.map(({ packageName, version }) => [packageName, version])),
    },
    contents,
  }
}

/** A stage of a record. @param otherwise - Its outcome where nothing is reported of it. */
export function stageRecord(
  stage: Stage,
  report: StageReport | undefined,
  otherwise: StageRecord['outcome'],
  logFile?: string,
): StageRecord {
  const { manifest, result, error } = report ?? {}
  const figures = manifest && Object.values(manifest.outputs).find((output) => output.metrics)?.metrics
  const metrics = { ...manifest?.metrics, ...figures }
  return {
    node: stage.node,
    key: stage.key,
    outcome: report?.outcome ?? otherwise,
    seconds: report?.seconds ?? 0,
    attempts: report?.attempts ?? 0,
    ingredients: stage.ingredients,
    plugin: `${stage.plugin.packageName}@${stage.plugin.version}`,
    ...(manifest
      ? {
          digest: result?.digest ?? manifestDigest(manifest),
          filesDigest: filesDigest(manifest),
          testLabelReads: manifest.testLabelReads,
        }
      : {}),
    ...(Object.keys(metrics).length > 0 ? { metrics } : {}),
    ...(result ? { peakLiveImages: result.peakLiveImages, maxRssMb: result.maxRssMb } : {}),
    ...(logFile === undefined ? {} : { logFile }),
    ...(error ? { error } : {}),
  }
}
