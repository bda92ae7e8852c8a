import { createRng, type PredictionBatch, type ReportValue } from '@etsef/plugin-api'
import { checkOptions, type Schema } from '@etsef/plugin-api/semantics'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Papa from 'papaparse'
import { of } from 'rxjs'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'
import type { Registry } from '../registry/load-registry.js'
import { isPredicted, type Answer, type PredictedRow, type PredictionRow } from './predicted-row.js'

/** What a table of labels says of a picture. */
export interface ExternalLabel {
  readonly className: string
  /** Patient; the picture itself where the table names none. */
  readonly group: string
}

/**
 * Labels of pictures: a CSV with a header line and columns `file` (or `id`), `class` (or `label`) and perhaps `group`.
 *
 * @throws PipelineError `ERR_BAD_DATA` for other columns or an empty cell, `ERR_CLASS_LIST` for a class that was not trained on,
 * `ERR_DUPLICATE_ID` for a file that stands twice.
 */
export function readLabels(
  csv: string,
  name: string,
  classNames: readonly string[],
): ReadonlyMap<string, ExternalLabel> {
  const { data, meta } = Papa.parse<Record<string, string | undefined>>(csv.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
  })
  const column = (...names: readonly string[]): string | undefined => names.find((each) => meta.fields?.includes(each))
  const [file, label, group] = [column('file', 'id'), column('class', 'label'), column('group', 'patient')]
  if (file === undefined || label === undefined)
    throw problem('ERR_BAD_DATA', {
      message: `${name} has no columns of files and classes`,
      expected: 'a header line with file,class and perhaps group',
      received: (meta.fields ?? []).join(','),
    })
  const labels = new Map<string, ExternalLabel>()
  data.forEach((record, row) => {
    const [id, className] = [record[file], record[label]]
    const where = `${name}, record ${String(row + 1)}`
    if (!id || !className)
      throw problem('ERR_BAD_DATA', { message: `${where}: ${id ? 'the class' : 'the file'} is empty` })
    if (labels.has(id)) throw problem('ERR_DUPLICATE_ID', { message: `${where}: file "${id}" stands twice` })
    if (!classNames.includes(className))
      throw problem('ERR_CLASS_LIST', {
        message: `${where}: "${className}" is no class of the run`,
        expected: classNames.join(', '),
        received: className,
        hint: 'map the classes of the external set onto those that were trained on',
      })
    labels.set(id, { className, group: (group === undefined ? undefined : record[group]) || id })
  })
  return labels
}

/** An evaluation of answers against labels that the run has never seen. */
export interface ExternalEvaluation {
  readonly report: ReportValue
  readonly numLabelled: number
  /** Pictures with an answer and no label, or with a label and no answer. */
  readonly numWithoutLabel: number
  readonly numWithoutAnswer: number
  /** Labelled pictures that the run has learned from: then the set is no external one. */
  readonly numSeen: number
}

/** The operation that judges. The runner names it, and knows nothing else of it. */
const judge = 'report/evaluate'

/**
 * Judges answers on an external set as `report/evaluate` judges a test partition: same figures, same intervals by patient.
 *
 * @param dir - Where the report's files go; left out: nowhere.
 */
export async function evaluateExternal(
  rows: readonly PredictionRow[],
  labels: ReadonlyMap<string, ExternalLabel>,
  {
    registry,
    node,
    classNames,
    seen,
    dir,
    signal,
  }: {
    readonly registry: Registry
    readonly node: string
    readonly classNames: readonly string[]
    /** sha256 of the pictures that something on the way was fitted on. */
    readonly seen: ReadonlySet<string>
    readonly dir?: string | undefined
    readonly signal: AbortSignal
  },
): Promise<ExternalEvaluation> {
  const judged = rows.filter(isPredicted).filter(({ id }) => labels.has(id))
  const operation = registry.find(judge)?.operation
  if (!operation)
    throw problem('ERR_UNKNOWN_OPERATION', {
      message: `There is no operation "${judge}" to evaluate with`,
      hint: registry.whyMissing?.(judge) ?? 'add @etsef/plugin-report to the dependencies of package.json',
    })
  if (judged.length === 0)
    throw problem('ERR_TOO_FEW_ROWS', {
      message: 'No predicted picture has a label',
      expected: 'files named as the answers name them, below the folder that was asked for',
      received: [...labels.keys()].slice(0, 3).join(', '),
    })
  const members = Object.keys(judged[0]!.members)
  const tables = [
    ...members.map((name) => ({ name, value: of(tableOf(judged, (row) => row.members[name]!, labels, classNames)) })),
    { name: node, value: of(tableOf(judged, (row) => row, labels, classNames)) },
  ]
  const temporary = mkdtempSync(join(tmpdir(), 'etsef-evaluate-'))
  try {
    // Types are erased here; the operation's own are checked where it is defined.
    const code = (await operation.load()) as { run(args: object): Promise<{ readonly report: ReportValue }> }
    const outputDir = (): string => {
      const folder = dir ?? temporary
      ensureFolder(folder)
      return folder
    }
    const { report } = await code.run({
      options: checkOptions(operation.options as Schema, { reference: node }).value,
      inputs: { predictions: tables },
      ctx: {
        ...{ signal, seed: 'external', engine: undefined, threads: 1, tmpDir: temporary, checkpointDir: temporary },
        rng: (...names: readonly (string | number)[]) => createRng('external', ...names),
        ...{ log: () => undefined, progress: () => undefined, metric: () => undefined, outputDir },
      },
    })
    const ids = new Set(judged.map(({ id }) => id))
    return {
      report,
      numLabelled: judged.length,
      numWithoutLabel: rows.filter((row) => isPredicted(row) && !labels.has(row.id)).length,
      numSeen: judged.filter(({ sha256 }) => seen.has(sha256)).length,
      numWithoutAnswer: [...labels.keys()].filter((id) => !ids.has(id)).length,
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function tableOf(
  rows: readonly PredictedRow[],
  answer: (row: PredictedRow) => Answer,
  labels: ReadonlyMap<string, ExternalLabel>,
  classNames: readonly string[],
): PredictionBatch {
  const answers = rows.map(answer)
  const indexOf = (name: string | undefined): number => (name === undefined ? -1 : classNames.indexOf(name))
  return {
    kind: 'predictions',
    ids: rows.map(({ id }) => id),
    sourceIds: rows.map(({ sha256 }) => sha256),
    labels: Int32Array.from(rows, ({ id }) => indexOf(labels.get(id)!.className)),
    groups: rows.map(({ id }) => labels.get(id)!.group),
    partitions: rows.map(() => 'test' as const),
    classNames,
    scores: Float64Array.from(answers.flatMap(({ scores }) => classNames.map((name) => scores[name]!))),
    scoreKind: answers[0]!.scoreKind,
    predicted: Int32Array.from(answers, ({ className }) => indexOf(className)),
  }
}
