import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption } from '../explained/explained-options.js'
import { planExplained } from '../explained/plan-explained.js'

/** Options of `xai/column-shap`. */
export const columnShapOptions = Type.Object(
  {
    method: Type.Enum(['kernel', 'permutation'], {
      default: 'kernel',
      description:
        'kernel: Kernel SHAP, the additive function nearest to all coalitions that were asked for, each with every background row; permutation: orders of the columns, walked forth and back',
    }),
    features: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'Which features on the way are explained, as node.port, e.g. selected.features; null: those that classifiers read, where they all read the same',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 16,
      description: 'Train rows that stand for absent columns, drawn with the seed',
    }),
    budget: Type.Integer({
      minimum: 2,
      maximum: 1_000_000,
      default: 20_000,
      description: 'Most evaluations of the classifier for a row; four times as many halve the standard error',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(24),
    batchSize: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 1024,
      description: 'Changed rows that the classifier is asked about at a time; memory grows with it',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/column-shap`, defaults filled in. */
export type ColumnShapOptions = Static<typeof columnShapOptions>

/** Inputs of `xai/column-shap`. */
export const columnShapInputs = {
  images: port.images('split images: some are explained, features of train rows stand for absent columns'),
  predictor: port.predictor('the classifier or vote, e.g. svm.predictor'),
}

/** Outputs of `xai/column-shap`. */
export const columnShapOutputs = {
  attributions: port.attributions(
    'Shapley values [numClasses, numFeatures] per explained image, of each class’s score',
  ),
  errors: port.attributions('their standard errors'),
}

/** `xai/column-shap`. */
export const columnShap: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/column-shap',
  summary: 'Shapley values of feature columns for any classifier or vote, by asking it: Kernel SHAP, or random orders',
  cacheVersion: 1,
  options: columnShapOptions,
  inputs: columnShapInputs,
  outputs: columnShapOutputs,
  rowPolicy: 'subset',
  plan: ({ options, inputs, issue }) => {
    const own = options.partition === 'all' ? {} : { partitions: [options.partition] }
    planExplained(inputs.images.partitions, options.partition, issue, 'whose features could stand for absent columns')
    return { attributions: own, errors: own }
  },
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./column-shap-node.js'),
})
