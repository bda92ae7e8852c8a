import { headGradient, loadEngine, openFrozenNetwork, type EngineName, type Model } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import { camMap, camResidual, isCamMethod, type CamMethod } from './cam-methods.js'
import { createExplainer, networkInput, type LogitExplanation } from './explain-logits.js'
import { explainableLayer, type ExplainableLayer } from './explainable-layer.js'
import type { ForwardCamMethod } from './forward-cams.js'

/** A network ready to be explained, whatever computes it. */
export interface OpenExplainer {
  readonly layer: ExplainableLayer
  /** Batches it explains at a time. */
  readonly numAtOnce: number
  /** Explains a batch of images; the target of each is its predicted class unless one is given, of all or of each. */
  explain(pictures: readonly PixelImage[], target?: number | readonly number[]): Promise<LogitExplanation[]>
  close(): Promise<void>
}

/** How {@link openExplainer} opens. */
export interface OpenExplainerOptions {
  readonly method: CamMethod | ForwardCamMethod
  /** As in {@link explainableLayer}. */
  readonly targetLayer?: string
  /** Tensor engine, where one is needed; `auto`: the best there is. */
  readonly engine: string | undefined
  readonly threads: number
  /** Compare ONNX Runtime with the tensor engine first, default true; false for a network that was compared before. */
  readonly selfCheck?: boolean
  /** Told why ONNX Runtime is not used. */
  readonly log?: (line: string) => void
}

/**
 * Opens a network for class activation maps. Where the way from the layer to the logits is a pool and dense layers, one pass of ONNX Runtime gives the
 * layer and the logits, and the gradient is plain arithmetic ({@link headGradient}); other layers, and methods that ask about changed values, go through
 * the tensor engine ({@link createExplainer}).
 */
export async function openExplainer(model: Model, options: OpenExplainerOptions): Promise<OpenExplainer> {
  const layer = explainableLayer(model.graph, model.classNames, options.targetLayer)
  return (await openByHead(model, layer, options)) ?? (await openByEngine(model, options))
}

async function openByHead(
  model: Model,
  layer: ExplainableLayer,
  { method, engine, threads, selfCheck = true, log }: OpenExplainerOptions,
): Promise<OpenExplainer | undefined> {
  if (!isCamMethod(method)) return undefined
  const { graph, weights } = model
  const head = headGradient(graph, weights, layer.name)
  if (!head) return undefined
  const network = await openFrozenNetwork(graph, weights, {
    outputs: [layer.name, graph.logitsNode!],
    ...(isEngine(engine) && { engine }),
    ...{ threads, selfCheck },
    ...(log && { log }),
  })
  const bias = layer.linearBias === undefined ? undefined : weights.get(layer.linearBias)?.data
  const size = layer.shape[0] * layer.shape[1] * layer.shape[2]
  return {
    layer,
    numAtOnce: network.numAtOnce,
    async explain(pictures, wanted) {
      const [values, logits] = await network.run(networkInput(pictures, model), pictures.length)
      return pictures.map((_, i) => {
        const row = logits!.slice(i * layer.numClasses, (i + 1) * layer.numClasses)
        const activations = values!.subarray(i * size, (i + 1) * size)
        const predicted = row.reduce((best, value, k) => (value > row[best]! ? k : best), 0)
        const target = typeof wanted === 'object' ? wanted[i]! : (wanted ?? predicted)
        const gradients = head.gradient(activations, target)
        const map = camMap(method, { activations, gradients, shape: layer.shape })
        const additivityResidual = camResidual(method, map, row[target]!, bias?.[target])
        return { map, target, predicted, logits: row, additivityResidual }
      })
    },
    close: () => network.dispose(),
  }
}

async function openByEngine(
  model: Model,
  { engine, threads, method, targetLayer }: OpenExplainerOptions,
): Promise<OpenExplainer> {
  const explainer = createExplainer(await loadEngine({ ...(isEngine(engine) && { prefer: engine }), threads }), model, {
    method,
    ...(targetLayer !== undefined && { targetLayer }),
  })
  return {
    layer: explainer.layer,
    numAtOnce: 1,
    explain: (pictures, target) => Promise.resolve(explainer.explain(pictures, target)),
    close() {
      explainer.dispose()
      return Promise.resolve()
    },
  }
}

function isEngine(name: string | undefined): name is EngineName {
  return name === 'tensorflow' || name === 'wasm'
}
