import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { isPipelineError, problem } from '../errors.js'
import { differences, factsOf, isNearDuplicate } from '../predict/picture-facts.js'
import { evaluateExternal, readLabels } from '../predict/external-set.js'
import { findPictures, type FoundPictures } from '../predict/find-pictures.js'
import { openBundle, isBundle } from '../bundle/open-bundle.js'
import { openRun, type OpenRunOptions } from '../predict/open-run.js'
import { setFactsOf, type CalibratedSets } from '../predict/prediction-sets.js'
import type { Predictor } from '../predict/open-predictor.js'
import type { PictureFacts, TrainingProfile } from '../predict/picture-facts.js'
import { openMaps, type Maps } from '../predict/open-maps.js'
import { beginMaps, writeMaps, type MapEntry } from '../predict/write-maps.js'
import { predictFiles } from '../predict/predict-files.js'
import { isPredicted, type PredictionRow } from '../predict/predicted-row.js'
import { trainingProfile } from '../predict/training-profile.js'
import { openRowSink, rowFormats, type RowFormat } from '../predict/write-rows.js'
import { findProjectRoot } from '../registry/find-project.js'
import type { Registry } from '../registry/load-registry.js'
import { storeDirOf } from '../run/store-dir.js'
import { UsageError, wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import { prepareFile, withNamedPath } from './named-path.js'
import { formatSeconds, formatTable, type Output } from './output.js'
import { setKindOption } from './set-kind-option.js'

/** Pictures of a run that are decoded again to be compared with; a bundle has what was seen of all of them. */
const maxLookedAt = 500

/** Ids named in a note. */
const maxNamed = 3

/** What is asked, whether a run of the store or a bundle. */
interface Asked {
  readonly run: string
  readonly registry: Registry
  readonly predictor: Predictor
  readonly seen: ReadonlySet<string>
  readonly sets: CalibratedSets
  profile(this: void): Promise<TrainingProfile | { readonly missing: string }>
}

/** `etsef predict RUN|BUNDLE FILE|DIR|-`: what a run has fitted answers for new pictures. */
export async function predict(args: Arguments, output: Output): Promise<number> {
  const [run = '', pictures = ''] = args.rest
  const { values } = args
  const format = formatOf(args)
  const batchSize = wholeNumber(values.batch, 'batch')
  const sets = setKindOption(args)
  const root = findProjectRoot(args.cwd)
  const storeDir = storeDirOf(root, args.cwd, values.store)
  const out = values.out === undefined ? undefined : resolve(args.cwd, values.out)
  if (out !== undefined) prepareFile('out', out)
  const mapsFolder = values.maps === undefined ? undefined : resolve(args.cwd, values.maps)
  if (mapsFolder !== undefined) withNamedPath('maps', mapsFolder, beginMaps)
  const labelsText =
    values.labels === undefined
      ? undefined
      : withNamedPath('labels', resolve(args.cwd, values.labels), (path) => readFileSync(path, 'utf8'))
  const found = pictures === '-' ? await listed(args.cwd) : findPictures(resolve(args.cwd, pictures))
  // Native engines read these when they are loaded. Workers have one thread, and another number would change the last bits of a result.
  process.env['TF_NUM_INTRAOP_THREADS'] ??= '1'
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1'
  // TensorFlow's notices about itself are for the logs of stages, not for the terminal.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  const signal = listenForInterrupts()
  const facts = new Map<string, PictureFacts>()
  const opened = await open(resolve(args.cwd, run), {
    ...{ root, storeDir, run, node: values.node, engine: values.engine, sets, signal },
    notice: (message) => {
      if (!args.isQuiet) output.note(`  note     ${message}`)
    },
    onDecoded: ({ id }, image) => facts.set(id, factsOf(image)),
  })
  const { predictor } = opened
  const { node } = predictor.graph.target
  let maps: Maps | undefined
  try {
    const { classNames, memberNames } = predictor
    const labels = labelsText === undefined ? undefined : readLabels(labelsText, values.labels!, classNames)
    const rows: PredictionRow[] = []
    const chunks: (string | Uint8Array)[] = []
    const isStreamed = out === undefined && !args.isJson
    const sink = openRowSink(format, { classNames, memberNames }, (chunk) => {
      if (isStreamed) process.stdout.write(chunk)
      else chunks.push(chunk)
    })
    maps = mapsFolder === undefined ? undefined : await openMaps(opened.registry, predictor)
    const explained: MapEntry[] = []
    const pathOf = new Map(found.files.map(({ id, path }) => [id, path]))
    const progress = progressOf(found.files.length, args, output)
    for await (const batch of predictFiles(predictor, found.files, { batchSize, signal })) {
      rows.push(...batch)
      if (!args.isJson) sink.write(batch)
      if (maps && mapsFolder !== undefined)
        for (const row of batch) explained.push(...(await writeMaps(maps, row, pathOf.get(row.id)!, mapsFolder)))
      progress.add(batch.length)
    }
    progress.close()
    await sink.close()
    if (out !== undefined && !args.isJson) writeChunks(out, chunks)
    const notes = [
      ...[...countsOf(rows, found), ...seenNotes(rows, opened), ...(await unlikeNotes(facts, rows, opened))],
      ...[...mapNotes(explained), ...setNotes(opened)],
    ]
    const evaluation =
      labels &&
      (await evaluateExternal(rows, labels, {
        ...{ registry: opened.registry, node, classNames, seen: opened.seen, signal },
        dir: out === undefined ? undefined : `${out}.evaluation`,
      }))
    if (args.isJson) {
      const summary = {
        ...{ run: opened.run, node, classNames, predictions: rows, notes, predictionSets: setFactsOf(opened.sets) },
        ...(maps ? { maps: explained } : {}),
      }
      const external = evaluation && { external: { ...evaluation, report: evaluation.report.metrics } }
      output.line(JSON.stringify({ ...summary, ...external }))
    } else if (!args.isQuiet || evaluation) {
      for (const note of notes) output.note(`  note     ${note}`)
      if (out !== undefined) output.note(`wrote ${values.out!}`)
    }
    if (evaluation && !args.isJson) {
      const { numLabelled, numWithoutLabel, numWithoutAnswer, numSeen } = evaluation
      const tooGood =
        numSeen > 0 ? ` ${String(numSeen)} of them the run has learned from: the figures are too good.` : ''
      output.note(
        `\nEXTERNAL SET: ${String(numLabelled)} labelled pictures from outside run ${opened.run}, judged by report/evaluate; their labels ` +
          `were read for this alone.${tooGood} ${String(numWithoutLabel)} answers have no label, ${String(numWithoutAnswer)} labels no answer.`,
      )
      if (evaluation.report.table) output.note(formatTable(evaluation.report.table))
    }
    return exitCodes.ok
  } finally {
    await maps?.close()
    await predictor.close()
  }
}

async function open(dir: string, options: OpenRunOptions): Promise<Asked> {
  if (isBundle(dir)) {
    const { index, profile, ...bundle } = await openBundle({ ...options, dir })
    const known = profile ?? { missing: 'they were gone when the bundle was made' }
    return { ...bundle, run: index.run, profile: () => Promise.resolve(known) }
  }
  const opened = await openRun(options).catch((thrown: unknown) => {
    if (thrown instanceof Error && isPipelineError(thrown) && thrown.code === 'ERR_BAD_REFERENCE' && existsSync(dir))
      throw problem('ERR_BUNDLE', {
        message: `"${options.run}" is neither a run nor a bundle`,
        expected: `${thrown.expected ?? 'a run'}; or a folder with bundle.json, as etsef bundle writes it`,
        ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
        cause: thrown,
      })
    throw thrown
  })
  const { record, place, predictor, seen, sets } = opened
  return {
    run: record.run,
    registry: place.registry,
    predictor,
    seen,
    sets,
    profile: () => trainingProfile(opened, { most: maxLookedAt }),
  }
}

function formatOf({ values, isJson }: Arguments): RowFormat {
  const byName = rowFormats.find((each) => values.out?.endsWith(`.${each}`))
  const wanted = values.format ?? byName ?? 'csv'
  const format = rowFormats.find((each) => each === wanted)
  if (!format) throw new UsageError(`--format is csv, jsonl or parquet, not "${wanted}"`)
  if (format === 'parquet' && values.out === undefined && !isJson && process.stdout.isTTY)
    throw new UsageError('parquet is no text: name a file with --out')
  return format
}

/** Paths on standard input, one a line; each is called as it is written. */
async function listed(cwd: string): Promise<FoundPictures> {
  const lines = (await text(process.stdin)).split(/\r?\n/).filter(Boolean)
  return { files: lines.map((line) => ({ id: line, path: resolve(cwd, line) })), numOthers: 0 }
}

function writeChunks(path: string, chunks: readonly (string | Uint8Array)[]): void {
  writeFileSync(path, Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))))
}

function countsOf(rows: readonly PredictionRow[], { numOthers }: FoundPictures): readonly string[] {
  const failed = rows.filter((row) => !isPredicted(row))
  const abstained = rows.filter((row) => isPredicted(row) && row.abstained)
  return [
    ...(numOthers > 0 ? [`${String(numOthers)} files are no pictures by their names, and were left out`] : []),
    ...(failed.length > 0
      ? [`${String(failed.length)} of ${String(rows.length)} pictures could not be read: ${named(failed)}`]
      : []),
    ...(abstained.length > 0 ? [`${String(abstained.length)} of ${String(rows.length)} pictures got no answer`] : []),
  ]
}

/** Pictures that were learned from: their answers say nothing of how good the method is. */
function seenNotes(rows: readonly PredictionRow[], { seen }: Asked): readonly string[] {
  const known = rows.filter((row) => isPredicted(row) && seen.has(row.sha256))
  if (known.length === 0) return []
  return [
    `${String(known.length)} pictures are among those that the run has learned from, byte for byte: ${named(known)}`,
  ]
}

async function unlikeNotes(
  facts: ReadonlyMap<string, PictureFacts>,
  rows: readonly PredictionRow[],
  opened: Asked,
): Promise<readonly string[]> {
  const profile = await opened.profile()
  if ('missing' in profile) return [`not compared with the pictures that were trained on: ${profile.missing}`]
  const byKind = new Map<string, { id: string }[]>()
  const equal = new Set(rows.flatMap((row) => (isPredicted(row) && opened.seen.has(row.sha256) ? [row.id] : [])))
  const near = [...facts].filter(([id, picture]) => !equal.has(id) && isNearDuplicate(picture, profile))
  if (near.length > 0)
    byKind.set(
      'nearly a picture that was learned from',
      near.map(([id]) => ({ id })),
    )
  for (const [id, picture] of facts)
    for (const difference of differences(picture, profile))
      byKind.set(difference, [...(byKind.get(difference) ?? []), { id }])
  return [...byKind].map(
    ([what, ids]) => `${String(ids.length)} of ${String(facts.size)} pictures: ${what} (${named(ids)})`,
  )
}

/** Networks without a map, each once: why stands beside every picture in the list of maps. */
function mapNotes(explained: readonly MapEntry[]): readonly string[] {
  const missing = new Map(explained.flatMap(({ of, missing: why }) => (why === undefined ? [] : [[of, why]])))
  return [...missing].map(([name, why]) => `no map of ${name}: ${why}`)
}

function setNotes({ sets }: Asked): readonly string[] {
  return 'missing' in sets ? [`no prediction sets: ${sets.missing}`] : []
}

function named(rows: readonly { readonly id: string }[]): string {
  const shown = rows.slice(0, maxNamed).map(({ id }) => id)
  return `${shown.join(', ')}${rows.length > maxNamed ? ', …' : ''}`
}

interface Progress {
  add(count: number): void
  close(): void
}

/** How far it is: a line that changes on a terminal, one a tenth elsewhere. */
function progressOf(total: number, args: Arguments, output: Output): Progress {
  const started = performance.now()
  let done = 0
  let told = 0
  const say = (): void => {
    const seconds = (performance.now() - started) / 1000
    const rate = done / Math.max(seconds, 1e-3)
    const line = `${String(done)} of ${String(total)} pictures, ${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} a second, ${formatSeconds((total - done) / rate)} left`
    if (output.isTerminal) process.stderr.write(`\r${line.padEnd(70)}`)
    else output.note(line)
  }
  return {
    add(count) {
      done += count
      if (args.isQuiet || args.isJson || (!output.isTerminal && done - told < total / 10 && done < total)) return
      told = done
      say()
    },
    close() {
      if (output.isTerminal && told > 0) process.stderr.write('\n')
    },
  }
}
