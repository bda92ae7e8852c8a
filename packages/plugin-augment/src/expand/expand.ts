import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

const range = (description: string, low: number, high: number, minimum: number) =>
  Type.Array(Type.Number({ minimum, maximum: 100 }), { minItems: 2, maxItems: 2, default: [low, high], description })

/** Options of `augment/expand`. */
export const expandOptions = Type.Object(
  {
    operations: Type.Array(Type.Enum(['rotate', 'flip', 'zoom', 'blur']), {
      minItems: 1,
      uniqueItems: true,
      default: ['rotate', 'flip', 'zoom', 'blur'],
      description: 'What copies undergo',
    }),
    copies: Type.Integer({ minimum: 0, maximum: 100, default: 1, description: 'Copies of every training image' }),
    balance: Type.Boolean({
      default: true,
      description:
        'Makes further copies of the smaller classes until every class has as many training rows as the largest',
    }),
    rotationDegrees: Type.Number({
      minimum: 0,
      maximum: 180,
      default: 15,
      description: 'Rotation is uniform in plus or minus so many degrees',
    }),
    zoom: range('Magnification is uniform in [low, high]; below 1 shrinks', 0.9, 1.2, 0.1),
    blurSigma: range('Standard deviation of the Gaussian is uniform in [low, high] pixels', 0.3, 1.2, 0.05),
    border: Type.Enum(['reflect', 'black'], {
      default: 'reflect',
      description:
        'What shows beyond the edge: the picture mirrored, or black as in the published code (a cue that has nothing to do with the class)',
    }),
  },
  { additionalProperties: false },
)

/** Inputs of `augment/expand`. */
export const expandInputs = { images: port.images('split images') }

/** Outputs of `augment/expand`. */
export const expandOutputs = { images: port.images('the same images, and changed copies of the training images') }

/** `augment/expand`. */
export const expand: Operation = defineOperation({
  kind: 'combine',
  type: 'augment/expand',
  summary: 'The images and randomly rotated, flipped, zoomed and blurred copies of the training images',
  cacheVersion: 1,
  options: expandOptions,
  inputs: expandInputs,
  outputs: expandOutputs,
  rowPolicy: 'expand',
  plan: ({ options, inputs, issue }) => {
    for (const name of ['zoom', 'blurSigma'] as const) {
      const [low, high] = [options[name][0]!, options[name][1]!]
      if (low > high)
        issue(name, `${name} is [low, high]`, {
          expected: 'low at most high',
          received: `[${String(low)}, ${String(high)}]`,
        })
    }
    const { partitions } = inputs.images
    if (partitions && !partitions.includes('train')) {
      issue('in:images', 'Only training images are augmented, and there are none', {
        received: `partitions ${partitions.join(', ')}`,
        hint: 'put data/split before augment/expand',
      })
    }
    return { images: { isAugmented: true } }
  },
  load: () => import('./expand-node.js'),
})
