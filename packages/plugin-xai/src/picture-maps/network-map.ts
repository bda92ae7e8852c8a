import { headGradient, loadEngine, openFrozenNetwork, readModel, type Model } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import { camMap } from '../grad-cam/cam-methods.js'
import { createExplainer, networkInput } from '../grad-cam/explain-logits.js'
import { explainableLayer } from '../grad-cam/explainable-layer.js'
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
  let layer: ReturnType<typeof explainableLayer>
  try {
    layer = explainableLayer(model.graph, classNames)
  } catch (thrown) {
    return { missing: thrown instanceof Error ? thrown.message : String(thrown) }
  }
  const [height, width] = layer.shape
  const shape = [model.graph.inputShape[0], model.graph.inputShape[1]] as const
  const grid = receptiveGrid(model.graph, layer.name)
  const raw = (await openByHead(model, layer, options)) ?? (await openByEngine(model, options))
  return {
    shape,
    map: async (image, target) => placeMap(await raw.map(image, target), [height, width], grid, shape),
    close: () => raw.close(),
  }
}

type RawMapper = Pick<NetworkMapper, 'map' | 'close'>

async function openByHead(
  model: Model,
  { name, shape }: ReturnType<typeof explainableLayer>,
  { threads }: NetworkMapperOptions,
): Promise<RawMapper | undefined> {
  const head = headGradient(model.graph, model.weights, name)
  if (!head) return undefined
  // The pipeline's own copy of the network was compared with the tensor engine when it was opened.
  const network = await openFrozenNetwork(model.graph, model.weights, { outputs: [name], threads, selfCheck: false })
  return {
    async map(image, target) {
      const [activations] = await network.run(networkInput([image], model), 1)
      const gradients = head.gradient(activations!, target)
      return camMap('grad-cam', { activations: activations!, gradients, shape })
    },
    close: () => network.dispose(),
  }
}

async function openByEngine(model: Model, { engine, threads }: NetworkMapperOptions): Promise<RawMapper> {
  const loaded = await loadEngine({
    ...(engine === 'tensorflow' || engine === 'wasm' ? { prefer: engine } : {}),
    threads,
  })
  const explainer = createExplainer(loaded, model, { method: 'grad-cam' })
  return {
    map: (image, target) => Promise.resolve(explainer.explain([image], target)[0]!.map),
    close() {
      explainer.dispose()
      return Promise.resolve()
    },
  }
}
