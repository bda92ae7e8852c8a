import { readModel } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import { explainableLayer } from '../grad-cam/explainable-layer.js'
import { openExplainer } from '../grad-cam/open-explainer.js'
import { placeMap, receptiveGrid } from '../grad-cam/receptive-grid.js'

/** A network whose own head can be asked where it sees a class. */
export interface NetworkMapper {
  /** Raw Grad-CAM map in logits over the network's input, row-major `[side, side]`. */
  map(this: void, image: PixelImage, target: number): Promise<Float64Array>
  readonly shape: readonly [height: number, width: number]
  close(this: void): Promise<void>
}

/** Why a network has no map: a sentence for people. */
export interface NoMap {
  readonly missing: string
}

/** How {@link openNetworkMapper} opens. */
export interface NetworkMapperOptions {
  readonly engine: string | undefined
  readonly threads: number
}

/**
 * Opens the network of a folder for Grad-CAM of its last spatial layer. Where its head is a pool and dense layers, ONNX Runtime gives the layer, and
 * the gradient is plain arithmetic: TensorFlow is not needed. Other heads go through the tensor engine, TensorFlow or WASM.
 */
export async function openNetworkMapper(
  dir: string,
  classNames: readonly string[],
  options: NetworkMapperOptions,
): Promise<NetworkMapper | NoMap> {
  const model = await readModel(dir)
  if (model.graph.logitsNode === undefined)
    return { missing: 'it has no classes of its own: only features of it are used' }
  if (model.classNames.join('\n') !== classNames.join('\n'))
    return { missing: 'its own head tells other classes than the answer has' }
  try {
    explainableLayer(model.graph, classNames)
  } catch (thrown) {
    return { missing: thrown instanceof Error ? thrown.message : String(thrown) }
  }
  // The pipeline's own copy of the network was compared with the tensor engine when it was opened.
  const explainer = await openExplainer(model, { method: 'grad-cam', ...options, selfCheck: false })
  const { name, shape: cells } = explainer.layer
  const shape = [model.graph.inputShape[0], model.graph.inputShape[1]] as const
  const grid = receptiveGrid(model.graph, name)
  return {
    shape,
    async map(image, target) {
      const [explanation] = await explainer.explain([image], target)
      return placeMap(explanation!.map, [cells[0], cells[1]], grid, shape)
    },
    close: () => explainer.close(),
  }
}
