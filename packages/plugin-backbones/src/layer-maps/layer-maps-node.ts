import { rowsOf, type MapImplementation, type Static } from '@etsef/plugin-api'
import { readModel } from '@etsef/nn'
import { embedImages } from '../embed/embed-images.js'
import { layerShape } from '../embed/layer-shape.js'
import { openEmbedder } from '../embed/open-embedder.js'
import type { layerMapsInputs, layerMapsOptions, layerMapsOutputs } from './layer-maps.js'

type Implementation = MapImplementation<
  Static<typeof layerMapsOptions>,
  typeof layerMapsInputs,
  typeof layerMapsOutputs
>

/** Opens the network once and computes the layer batch by batch. */
export const open: Implementation['open'] = async ({ options, inputs, ctx }) => {
  const model = await readModel(inputs.model.dir)
  const layer = options.layer ?? model.graph.lastSpatialNode
  const shape = layerShape(model.graph, layer)
  const embedder = await openEmbedder(model, { outputs: [layer], runner: options.runner, tta: 'none' }, ctx)
  return {
    apply: async (images) => {
      const [data] = await embedImages(embedder, images, ctx.signal)
      return { maps: { kind: 'tensor', ...rowsOf(images), dtype: 'float32', shape, data: data! } }
    },
    close: () => embedder.close(),
  }
}
