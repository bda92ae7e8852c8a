import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption } from '../explained/explained-options.js'
import { planExplained } from '../explained/plan-explained.js'

/** Options of `xai/vote-shap`. */
export const voteShapOptions = Type.Object(
  {
    value: Type.Enum(['margin', 'probability', 'voteShare'], {
      default: 'margin',
      description:
        'What is explained of the answer: score of the class minus the largest other one; its probability (of a calibrated or soft vote); its share of the votes',
    }),
    method: Type.Enum(['permutation', 'kernel'], {
      default: 'permutation',
      description:
        'permutation: orders of the superpixels, walked forth and back; kernel: Kernel SHAP, the additive function nearest to all coalitions that were asked for, each with every background row',
    }),
    superpixels: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 36,
      description: 'Players, at most. More are finer and need a larger budget',
    }),
    compactness: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1000,
      default: 0.1,
      description: 'Weight of nearness against likeness of grey or colour; larger is squarer',
    }),
    size: Type.Integer({
      minimum: 8,
      maximum: 256,
      default: 64,
      description: 'Side of the maps, on which superpixels are found; pictures keep their own size for the predictor',
    }),
    absent: Type.Enum(['train-rows', 'train-mean'], {
      default: 'train-rows',
      description:
        'What stands for an absent superpixel: the same place of each background row in turn, or of their mean',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 8,
      description: 'Train rows that stand for what is absent, drawn with the seed',
    }),
    budget: Type.Integer({
      minimum: 2,
      maximum: 1_000_000,
      default: 1000,
      description: 'Most evaluations of the predictor for a picture; four times as many halve the standard error',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(24),
    batchSize: Type.Integer({
      minimum: 1,
      maximum: 1024,
      default: 64,
      description: 'Changed pictures that the predictor is asked about at a time; memory grows with it',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/vote-shap`, defaults filled in. */
export type VoteShapOptions = Static<typeof voteShapOptions>

/** Inputs of `xai/vote-shap`. */
export const voteShapInputs = {
  images: port.images('split images: some are explained, train rows stand for what is absent'),
  predictor: port.predictor('whose answer is explained, e.g. vote.predictor'),
}

/** Outputs of `xai/vote-shap`. */
export const voteShapOutputs = {
  attributions: port.attributions(
    'Shapley values [size, size] per explained image, each spread evenly over its superpixel',
  ),
  errors: port.attributions('their standard errors, spread the same way'),
}

/** `xai/vote-shap`. */
export const voteShap: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/vote-shap',
  summary: 'Shapley values of superpixels for the answer of a whole pipeline: where in the picture a vote comes from',
  cacheVersion: 1,
  options: voteShapOptions,
  inputs: voteShapInputs,
  outputs: voteShapOutputs,
  rowPolicy: 'subset',
  plan: ({ options, inputs, issue }) => {
    const own = options.partition === 'all' ? {} : { partitions: [options.partition] }
    planExplained(inputs.images.partitions, options.partition, issue, 'to stand for what is absent')
    return { attributions: own, errors: own }
  },
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./vote-shap-node.js'),
})
