import {
  isRowKind,
  rowsOf,
  type FeatureBatch,
  type ImageBatch,
  type Operation,
  type PredictionBatch,
  type PredictorRows,
  type PredictorStep,
  type PredictorValue,
} from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { checkSameRows } from '@etsef/plugin-api/semantics'
import type { PredictorSpec, StageSpec } from '../executor/protocol.js'
import type { FittedStep } from '../predict/fitted-graph.js'
import { openFittedGraph, outputKey, type AppliedRows, type OpenFittedGraph } from '../predict/open-fitted-graph.js'
import { importOperation } from './load-pixels.js'

/** A predictor whose networks are opened when it is first asked. */
export interface LazyPredictor {
  readonly value: PredictorValue
  close(): Promise<void>
}

/** The predictor of a stage's input. */
export async function lazyPredictor(
  { graph, entries }: PredictorSpec,
  { engine, threads }: Pick<StageSpec, 'engine' | 'threads'>,
): Promise<LazyPredictor> {
  const operations = new Map<string, Operation>()
  for (const [type, entry] of Object.entries(entries)) operations.set(type, await importOperation(entry, type))
  let opening: Promise<OpenFittedGraph> | undefined
  const open = (): Promise<OpenFittedGraph> =>
    (opening ??= openFittedGraph(graph, {
      operation: (type) => operations.get(type)!,
      engine,
      threads,
      signal: new AbortController().signal,
      log: () => undefined,
    }))
  const known = (images: ImageBatch): ImageBatch => ({ ...images, classNames: graph.classNames })
  const applyTo = async (images: ImageBatch, given?: PredictorRows): Promise<AppliedRows> =>
    (await open()).apply(known(images), given && storedRows(known(images), given))
  return {
    value: {
      kind: 'predictor',
      classNames: graph.classNames,
      steps: graph.steps.map((step) => stepOf(step, operations.get(step.type)!)),
      apply: async (images, given) => {
        const rows = await applyTo(images, given)
        // What has a predictor gives features or predictions: the planner has looked.
        return rows.get(outputKey(graph.target)) as FeatureBatch | PredictionBatch
      },
      trace: async (images) => new Map([...(await applyTo(images))].filter(isTable)),
    },
    async close() {
      await (await opening)?.close()
    },
  }
}

function isTable(entry: [string, StoredBatch | ImageBatch]): entry is [string, FeatureBatch | PredictionBatch] {
  return entry[1].kind === 'features' || entry[1].kind === 'predictions'
}

function stepOf({ node, type, inputs }: FittedStep, operation: Operation): PredictorStep {
  return {
    node,
    type,
    reads: inputs.flatMap(({ port, name, from }) => {
      const kind = operation.inputs[port]?.kind
      return from && kind && isRowKind(kind) ? [{ kind, name, output: outputKey(from) }] : []
    }),
    gives: Object.entries(operation.outputs).flatMap(([port, { kind }]) =>
      isRowKind(kind) ? [{ kind, output: outputKey({ node, port }) }] : [],
    ),
  }
}

/** Given rows as they would have come from their nodes. @throws PipelineError as {@link checkSameRows}. */
function storedRows(images: ImageBatch, given: PredictorRows): AppliedRows {
  return new Map(
    [...given].map(([output, batch]) => {
      checkSameRows(batch, images, `the rows given for "${output}"`)
      return [output, { ...batch, ...rowsOf(images) }]
    }),
  )
}
