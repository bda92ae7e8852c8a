import { createHash } from 'node:crypto'
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stringify } from '../../vendor/yaml.js'
import { ensureFolder } from '../ensure-folder.js'
import { runDir, type RunRecord } from '../run/run-record.js'
import type { Figure } from './figures-of-run.js'

/** Longest value of a parameter that MLflow takes. */
const longestParameter = 6000

/** States of a run, as MLflow numbers them. */
const states = { running: 1, ok: 3, failed: 4, interrupted: 5 } as const

/**
 * Writes a run into a folder that MLflow reads as its file store (`mlflow ui --backend-store-uri DIR`): the pipeline is the experiment, options are
 * parameters `node.option`, figures are metrics `node.name` with steps and times, reports and the record are artifacts.
 *
 * Ids are digests of names, so that an export that is made again takes the place of the former.
 */
export function writeMlflow(dir: string, record: RunRecord, figures: readonly Figure[], storeDir: string): void {
  const experiment = experimentId(record.pipeline)
  const run = createHash('sha256').update(record.run).digest('hex').slice(0, 32)
  const home = join(dir, experiment)
  const own = join(home, run)
  rmSync(own, { recursive: true, force: true })
  const started = Date.parse(record.startedAt)
  const text = (path: string, content: string): void => {
    ensureFolder(dirname(join(own, path)))
    writeFileSync(join(own, path), content)
  }
  text(
    'meta.yaml',
    yaml({
      artifact_uri: pathToFileURL(join(own, 'artifacts')).href,
      end_time: record.status === 'running' ? null : started + Math.round(record.seconds * 1000),
      entry_point_name: '',
      experiment_id: experiment,
      lifecycle_stage: 'active',
      run_id: run,
      run_name: record.command.tag ?? record.run,
      run_uuid: run,
      source_name: record.file,
      source_type: 4,
      source_version: '',
      start_time: started,
      status: states[record.status],
      tags: [],
      user_id: '',
    }),
  )
  if (!existsSync(join(home, 'meta.yaml')))
    writeFileSync(
      join(home, 'meta.yaml'),
      yaml({
        artifact_location: pathToFileURL(home).href,
        creation_time: started,
        experiment_id: experiment,
        last_update_time: started,
        lifecycle_stage: 'active',
        name: record.pipeline,
      }),
    )
  for (const [name, value] of Object.entries(tagsOf(record))) text(`tags/${name}`, value)
  for (const [name, value] of Object.entries(parametersOf(record)))
    text(`params/${allowed(name)}`, value.slice(0, longestParameter))
  for (const [name, lines] of metricsOf(figures)) text(`metrics/${allowed(name)}`, `${lines.join('\n')}\n`)
  const reports = join(runDir(storeDir, record.run), 'reports')
  ensureFolder(join(own, 'artifacts'))
  if (existsSync(reports)) cpSync(reports, join(own, 'artifacts', 'reports'), { recursive: true })
  text('artifacts/run.json', JSON.stringify(record))
}

/** YAML as PyYAML reads it, which is 1.1: a tag of `yes` or `1_000` stays a text. */
function yaml(value: Readonly<Record<string, unknown>>): string {
  return stringify(value, { version: '1.1' })
}

/** Eighteen digits, as MLflow gives them; an experiment of a name has one id. */
function experimentId(name: string): string {
  const number = createHash('sha256').update(name).digest().readBigUInt64BE()
  return String((number % 10n ** 17n) + 10n ** 17n)
}

function tagsOf({ run, file, engine, versions, command }: RunRecord): Readonly<Record<string, string>> {
  return {
    'mlflow.runName': command.tag ?? run,
    'mlflow.source.name': file,
    'mlflow.source.type': 'LOCAL',
    'etsef.run': run,
    'etsef.engine': engine ?? '',
    'etsef.version': versions.runner,
    'etsef.overrides': command.overrides.join(' '),
  }
}

function parametersOf({ stages }: RunRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.values(stages).flatMap(({ node, ingredients: { operation, options } }): (readonly [string, string])[] => [
      [`${node}.use`, operation],
      ...Object.entries(options).map(([option, value]): readonly [string, string] => [
        `${node}.${option}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ]),
  )
}

/** Lines `time value step` by name. */
function metricsOf(figures: readonly Figure[]): ReadonlyMap<string, readonly string[]> {
  const metrics = new Map<string, string[]>()
  for (const { stage, name, step, value, time } of figures) {
    const key = `${stage.replace(/:fit$/, '').replaceAll(':', '.')}.${name}`
    const line = `${String(time)} ${String(value)} ${String(step ?? 0)}`
    metrics.set(key, [...(metrics.get(key) ?? []), line])
  }
  return metrics
}

/** A name as MLflow allows it; a slash would be a folder. */
function allowed(name: string): string {
  return name.replaceAll(/[^\w.\- ]/g, '_')
}
