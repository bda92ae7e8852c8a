import type { StageSpec } from '../executor/protocol.js'
import { loaderChain, type LoaderChain } from '../plan/loader-chain.js'
import type { Stage } from '../plan/stages.js'
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
    ...(stage.needsEngine && keyed.engine ? { engine: keyed.engine.name } : {}),
    inputs: stage.inputs.map((input) => {
      const producer = keyed.stages.get(input.stage)!
      const { port, name, kind, output } = input
      return {
        port,
        name,
        kind,
        output,
        key: producer.key,
        ...(kind === 'images' ? { loader: loaderChain(keyed.graph, keyed.stages, producer.node, output, chains) } : {}),
      }
    }),
    ...(stage.fitStage === undefined ? {} : { state: keyed.stages.get(stage.fitStage)!.key }),
    outputs: stage.outputs,
    specs: stage.specs,
    storeDir,
    ...(keyed.digested.has(stage.node) ? { readsContent: true } : {}),
  })
}
