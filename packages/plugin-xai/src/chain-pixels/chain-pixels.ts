import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption, pointsPerPassOption } from '../explained/explained-options.js'
import { planExplained } from '../explained/plan-explained.js'

/** Options of `xai/chain-pixels`. */
export const chainPixelsOptions = Type.Object(
  {
    method: Type.Enum(['integrated-gradients', 'pooled-layer'], {
      default: 'integrated-gradients',
      description:
        'integrated-gradients: single pixels, complete as far as steps go; pooled-layer: cells of the layer whose mean the features are, complete within rounding and in one pass',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 8,
      description:
        'Train rows from which paths start (pooled-layer: whose mean is left out), drawn with the seed; with all of them maps sum to the attributions of the columns',
    }),
    maxSteps: Type.Integer({
      minimum: 1,
      maximum: 8192,
      default: 2048,
      description:
        'Gradients on each line at most; lines are cut finer where midpoints err most, until the maps of a picture are complete within 1 % of the difference of its margin',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(12),
    batchSize: pointsPerPassOption,
  },
  { additionalProperties: false },
)

/** Options of `xai/chain-pixels`, defaults filled in. */
export type ChainPixelsOptions = Static<typeof chainPixelsOptions>

/** Inputs of `xai/chain-pixels`. */
export const chainPixelsInputs = {
  images: port.images('split images: some are explained, paths start at train rows'),
  features: port.features(
    'their fused features: the columns of the networks, one after the other, as the networks gave them',
  ),
  networks: port.model.many('the base models, in the order of their columns', { modelKind: 'network' }),
  projections: port.model.many('as xai/chain has them: standardize, pca, fast-ica', {
    modelKind: 'projection',
    algorithm: ['standardize', 'pca', 'fast-ica'],
  }),
  model: port.model('the model of ensemble/linear-svm or ensemble/logistic-regression', {
    modelKind: 'classifier',
    algorithm: ['linear-svm', 'logistic-regression'],
  }),
}

/** Outputs of `xai/chain-pixels`. */
export const chainPixelsOutputs = {
  attributions: port.attributions(
    'a raw map [height, width] per explained image, in units of the margin: the sum over base models',
  ),
}

/** `xai/chain-pixels`. */
export const chainPixels: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/chain-pixels',
  summary:
    'The decision of a linear classifier on fused features in pixels: its weights carried back through ICA, PCA and standardiser, then integrated gradients through every base model',
  cacheVersion: 2,
  options: chainPixelsOptions,
  inputs: chainPixelsInputs,
  outputs: chainPixelsOutputs,
  rowPolicy: 'subset',
  engine: 'tensor',
  plan: ({ options, inputs, issue }) => {
    planExplained(inputs.images.partitions, options.partition, issue)
    return { attributions: options.partition === 'all' ? {} : { partitions: [options.partition] } }
  },
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./chain-pixels-node.js'),
})
