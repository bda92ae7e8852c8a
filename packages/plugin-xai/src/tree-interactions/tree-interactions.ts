import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption } from '../explained/explained-options.js'
import { treeShapInputs } from '../tree-shap/tree-shap.js'

/** Options of `xai/tree-interactions`. */
export const treeInteractionsOptions = Type.Object(
  {
    background: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: 'Train rows that stand for absent columns, drawn with the seed; time grows with it',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(24),
    maxColumns: Type.Integer({
      minimum: 2,
      maximum: 200,
      default: 20,
      description:
        'Columns of the matrices that are written: those with the largest values; what they do with all others is one number for each',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/tree-interactions`, defaults filled in. */
export type TreeInteractionsOptions = Static<typeof treeInteractionsOptions>

/** Inputs of `xai/tree-interactions`: those of `xai/tree-shap`. */
export const treeInteractionsInputs = treeShapInputs

/** Outputs of `xai/tree-interactions`. */
export const treeInteractionsOutputs = {
  report: port.report('interactions.json: a matrix of columns for each row, and means over rows; a table of pairs'),
}

/** `xai/tree-interactions`. */
export const treeInteractions: Operation = defineOperation({
  kind: 'report',
  type: 'xai/tree-interactions',
  summary: 'Which columns decide together: exact Shapley interaction values of a tree ensemble, against train rows',
  cacheVersion: 1,
  options: treeInteractionsOptions,
  inputs: treeInteractionsInputs,
  outputs: treeInteractionsOutputs,
  load: () => import('./tree-interactions-node.js'),
})
