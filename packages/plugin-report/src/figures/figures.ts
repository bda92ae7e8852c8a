import { Type, defineOperation, port } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'
import { heldOutPartition } from '../held-out-partition.js'

/** Options of `report/figures`. */
export const figuresOptions = Type.Object(
  {
    partition: heldOutPartition,
    perplexity: Type.Number({
      minimum: 1,
      default: 30,
      description: 't-SNE: effective number of neighbours; lowered with a warning when rows are few',
    }),
    maxIter: Type.Integer({ minimum: 50, maximum: 10_000, default: 1000, description: 't-SNE: gradient steps' }),
    maxPoints: Type.Integer({
      minimum: 4,
      maximum: 5000,
      default: 1000,
      description: 't-SNE: at most so many rows, drawn with the seed (time grows with the square)',
    }),
    umap: Type.Boolean({ default: false, description: 'A UMAP picture of the same rows beside the t-SNE one' }),
    neighbors: Type.Integer({
      minimum: 2,
      maximum: 200,
      default: 15,
      description: 'UMAP: neighbours of a row; lowered with a warning when rows are few',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/figures`, defaults filled in. */
export type FiguresOptions = Static<typeof figuresOptions>

/** `report/figures`. */
export const figures: Operation = defineOperation({
  kind: 'report',
  type: 'report/figures',
  summary: 'Confusion matrix, reliability curve, t-SNE and UMAP of held-out rows, as SVG, PNG and Vega-Lite',
  cacheVersion: 2,
  options: figuresOptions,
  inputs: {
    predictions: port.predictions.optional('Predictions for the confusion matrix and the reliability curve'),
    features: port.features.optional('Features for the t-SNE picture'),
  },
  outputs: {
    report: port.report(
      'confusion-matrix, reliability, t-sne and umap as .svg, .png and .vl.json, t-sne.csv, umap.csv, metrics.json',
    ),
  },
  plan: (args) => {
    const { options, inputs } = args
    if (inputs.predictions === undefined && inputs.features === undefined) {
      args.issue('in:predictions', 'figures need predictions, features or both')
    }
    for (const value of [inputs.predictions, inputs.features]) {
      if (value?.partitions !== undefined && !value.partitions.includes(options.partition)) {
        args.issue('partition', `${value.kind} have no rows of partition "${options.partition}"`, {
          received: value.partitions.join(', '),
        })
      }
    }
    return {}
  },
  load: () => import('./figures-node.js'),
})
