import { PipelineError, rowsOf, type MapImplementation, type Static } from '@etsef/plugin-api'
import { cutAfter, inferShapes, readModel, type Graph } from '@etsef/nn'
import { openEmbedder } from '../embed/open-embedder.js'
import { embedImages } from '../embed/embed-images.js'
import { featureNames } from '../embed/read-parts.js'

import type { extractInputs, extractOptions, extractOutputs } from './extract.js'

type Implementation = MapImplementation<Static<typeof extractOptions>, typeof extractInputs, typeof extractOutputs>

/** Opens the network once and extracts batch by batch. */
export const open: Implementation['open'] = async ({ options, inputs, ctx }) => {
  const model = await readModel(inputs.model.dir)
  const graph = options.layer === null ? model.graph : endingAt(model.graph, options.layer)
  const { runner, tta } = options
  const embedder = await openEmbedder({ ...model, graph }, { outputs: [graph.featureNode], runner, tta }, ctx)
  const names = featureNames(graph.featureWidth)
  return {
    apply: async (images) => {
      const [features] = await embedImages(embedder, images, ctx.signal)
      return { features: { kind: 'features', ...rowsOf(images), features: features!, featureNames: names } }
    },
    close: () => embedder.close(),
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
