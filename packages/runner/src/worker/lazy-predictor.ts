import type { FeatureBatch, ImageBatch, Operation, PredictionBatch, PredictorValue } from '@etsef/plugin-api'
import type { PredictorSpec, StageSpec } from '../executor/protocol.js'
import { openFittedGraph, outputKey, type OpenFittedGraph } from '../predict/open-fitted-graph.js'
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
  return {
    value: {
      kind: 'predictor',
      classNames: graph.classNames,
      apply: async (images: ImageBatch) => {
        const rows = await (await open()).apply({ ...images, classNames: graph.classNames })
        // What has a predictor gives features or predictions: the planner has looked.
        return rows.get(outputKey(graph.target)) as FeatureBatch | PredictionBatch
      },
    },
    async close() {
      await (await opening)?.close()
    },
  }
}
