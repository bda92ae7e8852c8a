import { rowsOf, type MapImplementation, type Static } from '@etsef/plugin-api'
import { cutAfter, readModel, type Graph, type Model } from '@etsef/nn'
import { openEmbedder } from '../embed/open-embedder.js'
import { embedImages } from '../embed/embed-images.js'
import { layerShape } from '../embed/layer-shape.js'
import { writeNetwork } from '../open-formats/write-network.js'
import { featureNames } from '../embed/read-parts.js'

import type { extractInputs, extractOptions, extractOutputs } from './extract.js'

type Implementation = MapImplementation<Static<typeof extractOptions>, typeof extractInputs, typeof extractOutputs>

/** Opens the network once and extracts batch by batch. */
export const open: Implementation['open'] = async ({ options, inputs, ctx }) => {
  const model = await featureNetwork(inputs.model.dir, options)
  const { graph } = model
  const { runner, tta } = options
  const embedder = await openEmbedder(model, { outputs: [graph.featureNode], runner, tta }, ctx)
  const names = featureNames(graph.featureWidth)
  return {
    apply: async (images) => {
      const [features] = await embedImages(embedder, images, ctx.signal)
      return { features: { kind: 'features', ...rowsOf(images), features: features!, featureNames: names } }
    },
    close: () => embedder.close(),
  }
}

/** The network up to its features. */
export const writeOpenFormats: NonNullable<Implementation['writeOpenFormats']> = async ({ options, inputs, dir }) => {
  await writeNetwork(await featureNetwork(inputs.model!.dir, options), dir)
}

async function featureNetwork(dir: string, { layer }: Static<typeof extractOptions>): Promise<Model> {
  const model = await readModel(dir)
  return layer === null ? model : { ...model, graph: endingAt(model.graph, layer), classNames: [] }
}

/** The network up to a node: a spatial one gets a global average pool, a vector is taken as it is. */
function endingAt(graph: Graph, name: string): Graph {
  const shape = layerShape(graph, name)
  if (shape.length === 3) return cutAfter(graph, name)
  return { ...graph, featureNode: name, featureWidth: shape[0]! }
}
