import { readFile, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Named, ReportValue } from '@etsef/plugin-api'
import Papa from 'papaparse'
import { markdownTable } from '../evaluate/tables.js'
import { isMap } from './is-map.js'
import { markdownToHtml } from './markdown.js'
import { areCases } from './stored-cases.js'
import type { ExplainedImage, PredictedRow, ReadImage, ReadReport, StoredCurves, StoredEvaluation } from './told.js'

/**
 * Reads what a page can tell of a report: evaluations and explanations by their JSON, of others their texts and figures.
 *
 * Files of reports are data of other operations: what has another form than expected is shown as any other report.
 */
export async function readReport({ name, value }: Named<ReportValue>): Promise<ReadReport> {
  const { dir, metrics, table } = value
  const files = (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort()
  const json = async (file: string): Promise<unknown> =>
    files.includes(file) ? parsed(await readFile(join(dir, file), 'utf8')) : undefined
  const texts: string[] = []
  for (const file of files.filter((candidate) => extname(candidate) === '.md'))
    texts.push(markdownToHtml(await readFile(join(dir, file), 'utf8'), { headingOffset: 2 }))
  if (texts.length === 0 && table !== undefined) texts.push(markdownToHtml(markdownTable(table)))
  const images: ReadImage[] = []
  for (const file of files) {
    const isSvg = extname(file) === '.svg'
    const hasSvg = files.includes(file.replace(/\.png$/, '.svg'))
    if (!isSvg && (extname(file) !== '.png' || hasSvg)) continue
    images.push({ name: file, type: isSvg ? 'image/svg+xml' : 'image/png', data: await readFile(join(dir, file)) })
  }
  const metricsJson = await json('metrics.json')
  const curves = await json('curves.json')
  const attributions = await json('attributions.json')
  const cases = await json('cases.json')
  return {
    name,
    dir,
    texts,
    images,
    metrics,
    ...(isEvaluation(metricsJson)
      ? {
          evaluation: {
            source: { name: `${name}/metrics.json`, json: metricsJson },
            json: metricsJson,
            predictions: files.includes('predictions.csv')
              ? predictionRows(await readFile(join(dir, 'predictions.csv'), 'utf8'))
              : [],
            ...(areCurves(curves) ? { curves } : {}),
          },
        }
      : {}),
    ...(isMap(attributions) && Array.isArray(attributions['images'])
      ? {
          explanation: {
            source: { name: `${name}/attributions.json`, json: attributions },
            images: [attributions['images'], attributions['withoutMap']]
              .flatMap((list) => (Array.isArray(list) ? (list as readonly unknown[]) : []))
              .filter(isExplained),
          },
        }
      : {}),
    ...(areCases(cases) ? { cases: { source: { name: `${name}/cases.json`, json: cases }, json: cases } } : {}),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function predictionRows(text: string): PredictedRow[] {
  const { data, meta } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true })
  const columns = (meta.fields ?? []).filter((field) => field.startsWith('score:'))
  return data.map((row) => ({
    input: row['input'] ?? '',
    id: row['id'] ?? '',
    group: row['group'] ?? '',
    trueClass: row['trueClass'] ?? '',
    predictedClass: row['predictedClass'] ?? '',
    scores: columns.map((column) => Number(row[column])),
  }))
}

/** Whether everything that pages read of an evaluation is there. */
function isEvaluation(value: unknown): value is StoredEvaluation {
  return (
    isMap(value) &&
    value['formatVersion'] === 1 &&
    ['partition', 'primaryMetric', 'reference'].every((key) => typeof value[key] === 'string') &&
    ['confidence', 'numResamples'].every((key) => typeof value[key] === 'number') &&
    ['classNames', 'inputs', 'comparisons'].every((key) => Array.isArray(value[key])) &&
    (value['inputs'] as readonly unknown[]).every(
      (input) =>
        isMap(input) &&
        typeof input['name'] === 'string' &&
        typeof input['scoreKind'] === 'string' &&
        isMap(input['metrics']) &&
        isMap(input['intervals']) &&
        Array.isArray(input['perClass']) &&
        Array.isArray(input['warnings']),
    ) &&
    (value['comparisons'] as readonly unknown[]).every(isMap) &&
    (value['subgroups'] === undefined || areSubgroups(value['subgroups']))
  )
}

function areSubgroups(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (each) =>
        isMap(each) &&
        typeof each['attribute'] === 'string' &&
        typeof each['value'] === 'string' &&
        Array.isArray(each['inputs']) &&
        each['inputs'].every((input) => isMap(input) && typeof input['name'] === 'string'),
    )
  )
}

/** Whether everything that pages draw of curves is there. */
function areCurves(value: unknown): value is StoredCurves {
  const isBand = (band: unknown): boolean =>
    isMap(band) && ['value', 'low', 'high'].every((key) => Array.isArray(band[key]))
  return (
    isMap(value) &&
    value['formatVersion'] === 1 &&
    isMap(value['axes']) &&
    Array.isArray(value['inputs']) &&
    value['inputs'].every(
      (input) =>
        isMap(input) &&
        isBand(input['risk']) &&
        Array.isArray(input['classes']) &&
        input['classes'].every(
          (each) => isMap(each) && isBand(each['roc']) && isBand(each['precision']) && Array.isArray(each['treatAll']),
        ),
    )
  )
}

/** A picture that is named by a path below the report's folder. */
function isExplained(value: unknown): value is ExplainedImage {
  return (
    isMap(value) &&
    typeof value['id'] === 'string' &&
    typeof value['file'] === 'string' &&
    /^[\w-]+(\/[\w-]+)*\.png$/.test(value['file'])
  )
}
