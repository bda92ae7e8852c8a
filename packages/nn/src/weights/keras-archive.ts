import { unzipSync } from 'fflate'
import type { Weights } from '../graph/graph.js'
import { parseKerasHdf5 } from './keras-hdf5.js'
import { badWeights } from './weights-error.js'

/** Largest entry unpacked, in bytes: four times the largest published network. */
const MAX_ENTRY_BYTES = 2_000_000_000

interface LayerConfig {
  readonly class_name?: unknown
  readonly config?: { readonly name?: unknown; readonly layers?: unknown }
}

/**
 * Weights of a `.keras` file (Keras 3), named `<layer>/<weight>`. The configuration is read for layer names only; nothing in it is
 * built or run.
 *
 * @throws PipelineError `ERR_WEIGHTS`
 */
export async function parseKerasArchive(bytes: Uint8Array): Promise<Weights> {
  const wanted = ['config.json', 'model.weights.h5']
  let entries: Readonly<Record<string, Uint8Array>>
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => wanted.includes(name) && originalSize < MAX_ENTRY_BYTES,
    })
  } catch (cause) {
    throw badWeights('not a .keras file, or damaged', { cause })
  }
  const weights = entries['model.weights.h5']
  if (weights === undefined) throw badWeights('the .keras file holds no model.weights.h5')
  return parseKerasHdf5(weights, layerNamesOf(entries['config.json']))
}

/** Group names (`conv2d_3`: class and running number in the order of the configuration) to layer names. */
function layerNamesOf(config: Uint8Array | undefined): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  if (config === undefined) return names
  const counts = new Map<string, number>()
  const visit = (model: LayerConfig): void => {
    const layers = model.config?.layers
    if (!Array.isArray(layers)) return
    for (const layer of layers as readonly LayerConfig[]) {
      const { class_name: className } = layer
      const name = layer.config?.name
      if (typeof className !== 'string' || typeof name !== 'string') continue
      const group = snakeCase(className)
      const count = counts.get(group) ?? 0
      counts.set(group, count + 1)
      names.set(count === 0 ? group : `${group}_${count}`, name)
      visit(layer)
    }
  }
  visit(JSON.parse(new TextDecoder().decode(config)) as LayerConfig)
  return names
}

/** Keras' own rule: `DepthwiseConv2D` is `depthwise_conv2d`. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
