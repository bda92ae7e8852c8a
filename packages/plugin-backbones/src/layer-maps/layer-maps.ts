import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

/** Options of `backbones/layer-maps`. */
export const layerMapsOptions = Type.Object(
  {
    layer: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Layer of the network whose values are given, as it computes them. null: its last spatial layer',
    }),
    runner: Type.Enum(['auto', 'onnx', 'engine'], {
      default: 'auto',
      description: 'auto: ONNX Runtime where it agrees with the tensor engine on two pictures, else the tensor engine',
    }),
  },
  { additionalProperties: false },
)

/** Inputs of `backbones/layer-maps`. */
export const layerMapsInputs = {
  images: port.images('images'),
  model: port.model('network, used as it is', { modelKind: 'network' }),
}
/** Outputs of `backbones/layer-maps`. */
export const layerMapsOutputs = { maps: port.tensor('values of the layer for every image: [height, width, channels]') }

/** `backbones/layer-maps`. */
export const layerMaps: Operation = defineOperation({
  kind: 'map',
  type: 'backbones/layer-maps',
  summary: 'Maps of a named layer of a frozen network, as it computes them',
  cacheVersion: 1,
  draws: false,
  options: layerMapsOptions,
  inputs: layerMapsInputs,
  outputs: layerMapsOutputs,
  rows: 'images',
  engine: 'tensor',
  resources: () => ({ cpus: 1, maxCpus: 2, memoryMb: 1400, gpus: 1 }),
  load: () => import('./layer-maps-node.js'),
})
