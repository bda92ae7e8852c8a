import type { Weights } from '../graph/graph.js'
import { parseKerasHdf5 } from './keras-hdf5.js'
import { badWeights } from '../errors.js'
import { readZip } from './zip-archive.js'

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
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw badWeights('not a .keras file, which is a zip archive')
  const wanted = ['config.json', 'model.weights.h5']
  const entries = await readZip(bytes, {
    wanted: (name) => wanted.includes(name),
    what: 'the .keras file',
    unpacks: true,
  })
  const weights = entries.get('model.weights.h5')
  if (weights === undefined) throw badWeights('the .keras file holds no model.weights.h5')
  return parseKerasHdf5(weights, layerNamesOf(entries.get('config.json')))
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
  try {
    visit(JSON.parse(new TextDecoder().decode(config)) as LayerConfig)
  } catch (cause) {
    throw badWeights('the config.json of the .keras file cannot be read', { cause })
  }
  return names
}

/** Keras' own rule: `DepthwiseConv2D` is `depthwise_conv2d`. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
