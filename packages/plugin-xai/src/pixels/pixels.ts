import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption, pointsPerPassOption } from '../explained/explained-options.js'
import { planExplained } from '../explained/plan-explained.js'

/** Options of `xai/pixels`. */
export const pixelsOptions = Type.Object(
  {
    method: Type.Enum(['integrated-gradients', 'expected-gradients', 'smooth-grad', 'occlusion'], {
      default: 'integrated-gradients',
      description:
        'integrated-gradients: along the line from the mean train picture; expected-gradients: from many train pictures; smooth-grad: mean gradient under noise; occlusion: what is lost under a patch',
    }),
    targetClass: Type.String({
      default: 'predicted',
      minLength: 1,
      description: 'Whose logit is explained: predicted (of each image), or a class name',
    }),
    quadrature: Type.Enum(['midpoint', 'gauss-legendre'], {
      default: 'midpoint',
      description:
        'Points of integrated-gradients on its line: midpoint errs little where a network of rectifiers has kinks; gauss-legendre, Captum’s default, needs few points for smooth networks',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 16,
      description:
        'Train rows that stand for a picture without evidence, drawn with the seed: their mean, or each (expected-gradients)',
    }),
    maxSteps: Type.Integer({
      minimum: 16,
      maximum: 8192,
      default: 1024,
      description:
        'Points at most, of a line or of all of expected-gradients; they are doubled until attributions sum to the difference of the logit within 1 %',
    }),
    samples: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 128,
      description: 'Gradients of smooth-grad for a picture, and of expected-gradients before any doubling',
    }),
    sigma: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'Noise of smooth-grad, as a share of the range of the network’s input',
    }),
    patch: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 8,
      description: 'Side of the patch of occlusion, in pixels of the network’s input',
    }),
    stride: Type.Integer({ minimum: 1, maximum: 256, default: 4, description: 'Pixels from a patch to the next' }),
    partition: partitionOption,
    maxImages: maxImagesOption(24),
    batchSize: pointsPerPassOption,
  },
  { additionalProperties: false },
)

/** Options of `xai/pixels`, defaults filled in. */
export type PixelsOptions = Static<typeof pixelsOptions>

/** Inputs of `xai/pixels`. */
export const pixelsInputs = {
  images: port.images('split images: some are explained, train rows are the baseline'),
  model: port.model('a network with a classification head', { modelKind: 'network' }),
}

/** Outputs of `xai/pixels`. */
export const pixelsOutputs = {
  attributions: port.attributions(
    'a raw map [height, width] of the network’s input per explained image, summed over channels',
  ),
}

/** `xai/pixels`. */
export const pixels: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/pixels',
  summary:
    'Attributions of single pixels to a logit of a base model: gradients along paths or under noise, or occlusion',
  cacheVersion: 2,
  options: pixelsOptions,
  inputs: pixelsInputs,
  outputs: pixelsOutputs,
  rowPolicy: 'subset',
  engine: 'tensor',
  plan: ({ options, inputs, issue }) => {
    const { classNames, partitions } = inputs.images
    const known = inputs.model.classNames ?? classNames
    if (inputs.model.classNames?.length === 0)
      issue('in:model', 'The model has no classification head, so there is no logit to explain', {
        hint: 'take the model of a fine-tuned network',
      })
    if (options.targetClass !== 'predicted' && known && known.length > 0 && !known.includes(options.targetClass))
      issue('targetClass', `There is no class "${options.targetClass}" to explain`, {
        expected: `predicted, or one of ${known.join(', ')}`,
      })
    planExplained(partitions, options.partition, issue)
    return { attributions: options.partition === 'all' ? {} : { partitions: [options.partition] } }
  },
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./pixels-node.js'),
})
