import { PipelineError, rowsOf, type ImageBatch, type MapImplementation, type Static } from '@etsef/plugin-api'
import { cutAfter, inferShapes, openFrozenNetwork, readModel, type Graph } from '@etsef/nn'
import { engineOf } from '../finetune/fit-classifier.js'
import type { extractOptions } from '../options.js'
import type { extractInputs, extractOutputs } from '../plugin.js'
import { featureNames, readBatch } from './read-batch.js'

type Implementation = MapImplementation<Static<typeof extractOptions>, typeof extractInputs, typeof extractOutputs>

/** Opens the network once and extracts batch by batch. */
export const open: Implementation['open'] = async ({ options, inputs, ctx }) => {
  const model = await readModel(inputs.model.dir)
  const graph = options.node === null ? model.graph : endingAt(model.graph, options.node)
  const network = await openFrozenNetwork(graph, model.weights, {
    outputs: [graph.featureNode],
    runner: options.runner,
    engine: engineOf(ctx),
    threads: ctx.threads,
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  const names = featureNames(graph.featureWidth)
  return {
    apply: async (batch) => {
      const images = batch as ImageBatch
      const numSamples = images.ids.length
      const input = await readBatch(images, graph.inputShape[0], model.preprocessing, ctx.signal)
      const [features] = numSamples === 0 ? [new Float32Array(0)] : await network.run(input, numSamples)
      return { features: { kind: 'features', ...rowsOf(images), features: features!, featureNames: names } }
    },
    close: () => network.dispose(),
  }
}

/** The network up to a node: a spatial one gets a global average pool, a vector is taken as it is. */
function endingAt(graph: Graph, name: string): Graph {
  const shape = inferShapes(graph).get(name)
  if (shape === undefined) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `${graph.architecture} has no node "${name}"`,
      option: 'node',
      hint: `its last spatial node is "${graph.lastSpatialNode}", its feature node "${graph.featureNode}"`,
    })
  }
  if (shape.length === 3) return cutAfter(graph, name)
  return { ...graph, featureNode: name, featureWidth: shape[0]! }
}
