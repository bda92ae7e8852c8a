import type { PredictorSpec, StageSpec } from '../executor/protocol.js'
import { loaderChain, type LoaderChain } from '../plan/loader-chain.js'
import type { Stage } from '../plan/stages.js'
import { fittedGraphOf } from '../predict/fitted-graph-of.js'
import type { KeyedPipeline } from './key-pipeline.js'

/** Makes of a stage what a worker needs to know of it: nothing else of the pipeline reaches it. */
export function specMaker(
  keyed: KeyedPipeline,
  storeDir: string,
): (stage: Stage, attempt: Pick<StageSpec, 'threads' | 'attempt' | 'logFile' | 'replaces'>) => StageSpec {
  const chains = new Map<string, LoaderChain>()
  return (stage, attempt) => ({
    ...attempt,
    key: stage.key,
    node: stage.node,
    part: stage.part,
    type: stage.type,
    plugin: { entry: stage.plugin.entry, packageName: stage.plugin.packageName, version: stage.plugin.version },
    options: stage.options,
    ...(stage.ingredients.seed === undefined ? {} : { seed: stage.ingredients.seed }),
    ...(stage.needsEngine && keyed.engine
      ? { engine: keyed.engine.name, keyedEngine: { entry: keyed.registry.engines!.entry, id: keyed.engine.id } }
      : {}),
    inputs: stage.inputs.map((input, at) => {
      const producer = keyed.stages.get(input.stage)!
      const { port, name, kind, output } = input
      const before = stage.inputs[at - 1]
      const isFirst = before?.port !== port || before.name !== name
      return {
        port,
        name,
        kind,
        output,
        key: producer.key,
        ...(kind === 'images' ? { loader: loaderChain(keyed.graph, keyed.stages, producer.node, output, chains) } : {}),
        ...(kind === 'predictor' && isFirst ? { predictor: predictorSpec(keyed, storeDir, producer.node) } : {}),
      }
    }),
    ...(stage.fitStage === undefined ? {} : { state: keyed.stages.get(stage.fitStage)!.key }),
    outputs: stage.outputs,
    specs: stage.specs,
    storeDir,
    ...(keyed.digested.has(stage.node) ? { readsContent: true } : {}),
  })
}

/** The fitted sub-graph of a node of this run; everything that it needs was computed by now. */
function predictorSpec(keyed: KeyedPipeline, storeDir: string, node: string): PredictorSpec {
  const stages = Object.fromEntries(
    [...keyed.stages].map(([id, { node: own, key, ingredients, plugin }]) => [
      id,
      { node: own, key, ingredients, plugin: `${plugin.packageName}@${plugin.version}` },
    ]),
  )
  const { contents, engine, document, root, registry } = keyed
  const record = { run: 'of this pipeline', file: document.file, stages, contents, engine: engine?.id }
  const graph = fittedGraphOf({ record, storeDir, root, registry }, node)
  const types = [graph.source.type, ...graph.steps.map(({ type }) => type)]
  return { graph, entries: Object.fromEntries(types.map((type) => [type, registry.find(type)!.plugin.entry])) }
}
