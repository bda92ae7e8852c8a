import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

export const options = Type.Object(
  { deviation: Type.Boolean({ default: true, description: 'Also the standard deviation of each channel' }) },
  { additionalProperties: false },
)
export const inputs = { images: port.images('Pictures') }
export const outputs = { features: port.features('Mean, and standard deviation, of each channel') }

/** `example/mean-colour`. */
export const meanColour: Operation = defineOperation({
  kind: 'map',
  type: 'example/mean-colour',
  summary: 'Mean and standard deviation of each channel of a picture',
  cacheVersion: 1,
  options,
  inputs,
  outputs,
  rows: 'images',
  load: () => import('./mean-colour-node.js'),
})
