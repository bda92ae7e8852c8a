import { inferShapes, type Graph } from '@etsef/nn'
import { PipelineError } from '@etsef/plugin-api'

/**
 * Shape of what a layer gives for one picture.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for a layer that the network has not.
 */
export function layerShape(graph: Graph, name: string): readonly number[] {
  const shape = inferShapes(graph).get(name)
  if (shape) return shape
  throw new PipelineError('ERR_BAD_OPTION', {
    message: `${graph.architecture} has no layer "${name}"`,
    option: 'layer',
    hint: `its last spatial layer is "${graph.lastSpatialNode}", its feature layer "${graph.featureNode}"`,
  })
}
