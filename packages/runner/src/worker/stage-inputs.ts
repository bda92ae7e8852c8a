import { isListed, isRowKind, type Operation, type PortKind } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { blank, pickVisible, type Visibility } from '@etsef/plugin-api/semantics'
import { pulled } from '@etsef/plugin-api/streams'
import { join } from 'node:path'
import type { Observable } from 'rxjs'
import type { SpecInput, StageSpec } from '../executor/protocol.js'
import { openArtifact, type ArtifactReader, type RowInput } from './artifact-input.js'
import { boundGarbage } from './bounded-memory.js'
import { readLineage, type FittedInput } from './lineage.js'
import type { LiveImages } from './live-images.js'
import { lazyPredictor, type LazyPredictor } from './lazy-predictor.js'
import { openLoader, withLoader, type Loader } from './load-pixels.js'

/** An input with rows, opened. */
export interface OpenRows extends RowInput {
  readonly loader: Loader | undefined
}

/** The inputs of a stage, opened and checked. */
export interface StageInputs {
  readonly rows: readonly OpenRows[]
  /** Inputs that something was fitted for, with what that has seen. */
  readonly fitted: readonly FittedInput[]
  /** Values for the operation, by port. */
  values(rules: Visibility): Record<string, unknown>
  /** A batch as the operation sees it. */
  shown(input: OpenRows, batch: StoredBatch, rules: Visibility): StoredBatch
  /** Closes predictors. */
  close(): Promise<void>
}

/** Opens every input of a stage. @throws CorruptArtifact when a byte of one is not as it was written. */
export async function openInputs(spec: StageSpec, operation: Operation, live: LiveImages): Promise<StageInputs> {
  const artifacts = new Map<string, ArtifactReader>()
  const artifactOf = (key: string): ArtifactReader => {
    const artifact = artifacts.get(key) ?? openArtifact(spec.storeDir, key)
    artifacts.set(key, artifact)
    return artifact
  }
  const predictors: LazyPredictor[] = []
  const opened = await Promise.all(
    spec.inputs.map(async (input): Promise<OpenInput> => {
      if (input.kind !== 'predictor') return openInput(input, artifactOf(input.key), spec.storeDir)
      if (!input.predictor) return { spec: input, isPart: true }
      const predictor = await lazyPredictor(input.predictor, spec)
      predictors.push(predictor)
      return { spec: input, value: predictor.value }
    }),
  )
  const rows = opened.flatMap((input) => (input.rows ? [input.rows] : []))
  const fitted = spec.inputs
    .map((input): FittedInput => ({ name: input.name, seen: readLineage(artifactOf(input.key)) }))
    .filter((input) => input.seen.size > 0)
  const shown = (input: OpenRows, batch: StoredBatch, rules: Visibility): StoredBatch => {
    const stored = pickVisible(batch, rules)
    const shown = blank(stored, rules)
    return shown.kind === 'images' && stored.kind === 'images' && input.loader
      ? withLoader(shown, { stored, loader: input.loader, live })
      : shown
  }
  return {
    rows,
    fitted,
    shown,
    async close() {
      for (const predictor of predictors) await predictor.close()
    },
    values(rules) {
      const values: Record<string, unknown> = {}
      for (const [port, { cardinality }] of Object.entries(operation.inputs)) {
        const entries = opened
          .filter((input) => input.spec.port === port && !input.isPart)
          .map((input) => ({
            name: input.spec.name,
            value: input.rows
              ? batches$(
                  input.rows,
                  (batch) => shown(input.rows!, batch, rules),
                  () => live.current > 0,
                )
              : input.value,
          }))
        values[port] = isListed(cardinality) ? entries : entries[0]?.value
      }
      return values
    },
  }
}

interface OpenInput {
  readonly spec: SpecInput
  readonly rows?: OpenRows
  readonly value?: unknown
  /** It stands for what a predictor is made of. */
  readonly isPart?: true
}

async function openInput(spec: SpecInput, artifact: ArtifactReader, storeDir: string): Promise<OpenInput> {
  const output = artifact.manifest.outputs[spec.output]
  if (!output) throw new RangeError(`artifact ${spec.key} has no output ${spec.output}`)
  if (isRowKind(spec.kind)) {
    const [reader, loader] = await Promise.all([
      artifact.rows(output),
      spec.kind === 'images' && spec.loader ? openLoader(spec.loader, storeDir) : undefined,
    ])
    return { spec, rows: { spec, artifact, reader, loader } }
  }
  artifact.check(output.path)
  return { spec, value: folderValue(spec.kind, join(artifact.dir, output.path), artifact, spec.output) }
}

function folderValue(kind: PortKind, dir: string, artifact: ArtifactReader, output: string): unknown {
  if (kind === 'model') return { kind, dir }
  const entry = artifact.manifest.outputs[output]
  return { kind, dir, metrics: entry?.metrics ?? {}, table: entry?.table }
}

/** Batches of an input as a cold stream: every subscription reads from the start, and reads on as batches are released. */
function batches$(
  input: RowInput,
  view: (batch: StoredBatch) => StoredBatch,
  isBusy: () => boolean,
): Observable<StoredBatch> {
  const visible = async function* (): AsyncGenerator<StoredBatch> {
    for await (const batch of input.reader.batches()) {
      const shown = view(batch)
      if (shown.ids.length > 0) yield shown
      boundGarbage()
    }
  }
  return pulled(visible, { isBusy })
}
