import { Type, defineOperation, port } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'
import { heldOutPartition } from '../held-out-partition.js'

/** Options of `report/attributions`. */
export const attributionsOptions = Type.Object(
  {
    partition: heldOutPartition,
    maxColumns: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 20,
      description:
        'At most so many columns in the figure and in the table: those with the largest values; all are in the CSV',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/attributions`, defaults filled in. */
export type AttributionsOptions = Static<typeof attributionsOptions>

/** `report/attributions`. */
export const attributions: Operation = defineOperation({
  kind: 'report',
  type: 'report/attributions',
  summary: 'Which columns and base models a classifier decided by: mean attributions per class, as tables and bars',
  cacheVersion: 2,
  draws: false,
  options: attributionsOptions,
  inputs: {
    attributions: port.attributions('Values per class and column of each row, e.g. of xai/tree-shap'),
    features: port.features('The rows that were explained; names of the columns'),
  },
  outputs: { report: port.report('columns and sources as .csv, .svg, .png and .vl.json, table.md, metrics.json') },
  plan: (args) => {
    const { partitions } = args.inputs.attributions
    if (partitions !== undefined && !partitions.includes(args.options.partition)) {
      args.issue('partition', `attributions have no rows of partition "${args.options.partition}"`, {
        received: partitions.join(', '),
      })
    }
    return {}
  },
  load: () => import('./attributions-node.js'),
})
