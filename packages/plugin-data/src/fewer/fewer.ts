import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

/** Options of `data/fewer`. */
export const fewerOptions = Type.Object(
  {
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'Share of the train rows that is kept, of each class as near as whole groups allow',
    }),
  },
  { additionalProperties: false },
)

/** Inputs of `data/fewer`. */
export const fewerInputs = { images: port.images('split images') }

/** Outputs of `data/fewer`. */
export const fewerOutputs = { images: port.images('some of the train images, and all others') }

/** `data/fewer`. */
export const fewer: Operation = defineOperation({
  kind: 'combine',
  type: 'data/fewer',
  summary: 'The images with a share of the train rows, by whole groups: what a method does with fewer labels',
  cacheVersion: 1,
  options: fewerOptions,
  inputs: fewerInputs,
  outputs: fewerOutputs,
  rowPolicy: 'subset',
  plan: ({ inputs, issue }) => {
    const { partitions } = inputs.images
    if (partitions && !partitions.includes('train')) {
      issue('in:images', 'Only train images are left out, and there are none', {
        received: `partitions ${partitions.join(', ')}`,
        hint: 'put data/split before data/fewer',
      })
    }
    return { images: {} }
  },
  load: () => import('./fewer-node.js'),
})
