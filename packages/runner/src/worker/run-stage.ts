import { isRowKind, PipelineError, type Operation } from '@etsef/plugin-api'
import { revealNames } from '@etsef/plugin-api/semantics'
import { join } from 'node:path'
import type { FromWorker, StageResult, StageSpec } from '../executor/protocol.js'
import { formatVersion } from '../store/manifest.js'
import { CorruptArtifact, openArtifact, type RowInput } from './artifact-input.js'
import { createArtifact, type ArtifactWriter } from './artifact-output.js'
import { checkCode } from './check-code.js'
import { checkEngine } from './check-engine.js'
import { createPictureWriter } from './decoded-pictures.js'
import { openScope, type StageScope } from './context.js'
import { lineageFile, lineageText, readLineage } from './lineage.js'
import { createLiveImages } from './live-images.js'
import { importOperation, loadImplementation } from './load-pixels.js'
import { runBatches } from './run-batches.js'
import { runFit } from './run-fit.js'
import { stateFolder } from './state-folder.js'
import { runWhole } from './run-whole.js'
import { openInputs, type StageInputs } from './stage-inputs.js'
import type { StageWork } from './stage-work.js'

/** Asking for the peak memory costs more than a tiny stage does. */
const memoryFromMs = 250

/** How a stage speaks with the coordinator. */
export interface StageLine {
  readonly signal: AbortSignal
  readonly send: (message: FromWorker) => void
  /** Rejects when declared content has changed since its digest was taken. */
  readonly askToPublish: () => Promise<void>
}

/** Runs one stage and publishes its artifact. The only place that calls a plugin's code. */
export async function runStage(spec: StageSpec, { signal, send, askToPublish }: StageLine): Promise<StageResult> {
  const started = performance.now()
  const artifact = createArtifact(spec.storeDir)
  const scope = openScope(spec, artifact, signal, send)
  const live = createLiveImages()
  const pictures = createPictureWriter(spec.storeDir)
  let rows: readonly RowInput[] = []
  let opened: StageInputs | undefined
  try {
    await checkEngine(spec)
    const operation = await importOperation(spec.plugin.entry, spec.type)
    const inputs = await openInputs(spec, operation, live)
    rows = inputs.rows
    opened = inputs
    const implementation = await loadImplementation(operation)
    const work: StageWork = { spec, operation, implementation, inputs, artifact, pictures, scope }
    const testLabelReads = await runPart(work)
    signal.throwIfAborted()
    const lineage = spec.part === 'fit' ? lineageFile : await writeInheritedLineage(spec, operation, inputs, artifact)
    writeSeries(artifact, scope)
    const known = {
      key: spec.key,
      operation: spec.type,
      part: spec.part,
      testLabelReads,
      metrics: scope.metrics,
      ...(lineage === undefined ? {} : { lineage }),
    }
    if (spec.readsContent) await askToPublish()
    checkCode(spec.code ?? [])
    await checkEngine(spec)
    const published = artifact.publish(known, formatVersion, spec.replaces)
    scope.log('info', `done: ${published.published}`)
    pictures.publish(spec.key)
    scope.forgetCheckpoints()
    return {
      ...published,
      peakLiveImages: live.peak,
      maxRssMb:
        live.peak === 0 && performance.now() - started < memoryFromMs
          ? 0
          : Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } catch (thrown) {
    artifact.discard()
    // Checkpoints of this stage were made of the changed file, too: the next attempt must not go on from them.
    if (thrown instanceof PipelineError && thrown.code === 'ERR_CHANGED_FILE') scope.forgetCheckpoints()
    const told = thrown instanceof CorruptArtifact ? thrown : await revealed(thrown, rows).catch(() => thrown)
    scope.log('error', told instanceof Error ? (told.stack ?? told.message) : String(told))
    throw told
  } finally {
    await opened?.close()
    pictures.discard()
    scope.close()
  }
}

/** Reads the inputs again, which only an error that names rows costs. */
function revealed(thrown: unknown, inputs: readonly RowInput[]): Promise<unknown> {
  return revealNames(
    thrown,
    inputs.map(({ reader }) => ({ [Symbol.asyncIterator]: () => reader.batches()[Symbol.asyncIterator]() })),
  )
}

async function runPart(work: StageWork): Promise<number> {
  const { spec, operation } = work
  if (spec.part === 'fit') {
    await runFit(work)
    return 0
  }
  if (spec.part === 'apply') {
    await runApply(work)
    return 0
  }
  if (operation.kind === 'map') {
    await runBatches(work)
    return 0
  }
  return runWhole(work)
}

async function runApply(work: StageWork): Promise<void> {
  const { spec, implementation } = work
  const fitted = openArtifact(spec.storeDir, spec.state ?? '')
  fitted.check(stateFolder)
  const estimator = implementation as { load(dir: string): Promise<unknown> }
  const state = await estimator.load(join(fitted.dir, stateFolder))
  await runBatches(work, { state, fitted: { name: `${spec.node} (fitted)`, seen: readLineage(fitted) } })
}

/**
 * Writes down, with an artifact, every original image that anything fitted upstream of it has learned from: a later node refuses test rows
 * made of those.
 */
async function writeInheritedLineage(
  spec: StageSpec,
  operation: Operation,
  inputs: StageInputs,
  artifact: ArtifactWriter,
): Promise<string | undefined> {
  const carriesOn = Object.values(operation.outputs).some((port) => isRowKind(port.kind) || port.kind === 'model')
  if (!carriesOn) return undefined
  const seen = new Set(inputs.fitted.flatMap((input) => [...input.seen]))
  if (spec.state !== undefined) for (const id of readLineage(openArtifact(spec.storeDir, spec.state))) seen.add(id)
  const makesModel = Object.values(operation.outputs).some((port) => port.kind === 'model')
  if (operation.kind === 'combine' && makesModel) await addLabelledRows(seen, inputs)
  if (seen.size === 0) return undefined
  artifact.writeText(lineageFile, lineageText(seen))
  return lineageFile
}

/** A combine sees the labels of train and val rows: a model that it makes may have learned from them. */
async function addLabelledRows(seen: Set<string>, inputs: StageInputs): Promise<void> {
  for (const { reader } of inputs.rows) {
    for await (const { sourceIds, partitions } of reader.batches()) {
      sourceIds.forEach((id, index) => {
        if (partitions[index] === 'train' || partitions[index] === 'val') seen.add(id)
      })
    }
  }
}

function writeSeries(artifact: ArtifactWriter, scope: StageScope): void {
  if (scope.series.length === 0) return
  artifact.writeText('metrics.jsonl', scope.series.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
}
