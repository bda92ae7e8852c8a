import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'
import { ttaOption } from '../embed/tta-option.js'

/** Options of `backbones/extract`. */
export const extractOptions = Type.Object(
  {
    layer: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Layer of the network whose values are the features (pooled if spatial). null: its feature layer',
    }),
    runner: Type.Enum(['auto', 'onnx', 'engine'], {
      default: 'auto',
      description: 'auto: ONNX Runtime where it agrees with the tensor engine on two pictures, else the tensor engine',
    }),
    tta: ttaOption,
  },
  { additionalProperties: false },
)

/** Inputs of `backbones/extract`. */
export const extractInputs = {
  images: port.images('images'),
  model: port.model('network, used as it is', { modelKind: 'network' }),
}
/** Outputs of `backbones/extract`. */
export const extractOutputs = { features: port.features('feature vector of every image') }

/** `backbones/extract`. */
export const extract: Operation = defineOperation({
  kind: 'map',
  type: 'backbones/extract',
  summary: 'Features of images by a frozen network',
  cacheVersion: 1,
  draws: false,
  options: extractOptions,
  inputs: extractInputs,
  outputs: extractOutputs,
  rows: 'images',
  engine: 'tensor',
  // Each thread has a network of its own.
  resources: () => ({ cpus: 1, maxCpus: 2, memoryMb: 1200, gpus: 1 }),
  load: () => import('./extract-node.js'),
})
