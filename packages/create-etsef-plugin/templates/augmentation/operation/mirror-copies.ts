import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

export const options = Type.Object(
  {
    share: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Share of the training pictures that get a mirrored copy',
    }),
  },
  { additionalProperties: false },
)
export const inputs = { images: port.images('Split pictures') }
export const outputs = { images: port.images('The same pictures, and mirrored copies of training pictures') }

/** `example/mirror-copies`. */
export const mirrorCopies: Operation = defineOperation({
  kind: 'combine',
  type: 'example/mirror-copies',
  summary: 'The pictures, and copies of training pictures with left and right exchanged',
  cacheVersion: 1,
  options,
  inputs,
  outputs,
  rowPolicy: 'expand',
  plan: () => ({ images: { isAugmented: true } }),
  load: () => import('./mirror-copies-node.js'),
})
