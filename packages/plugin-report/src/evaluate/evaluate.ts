import { Type, defineOperation, port } from '@etsef/plugin-api'
import type { Operation, Static } from '@etsef/plugin-api'
import { heldOutPartition } from '../held-out-partition.js'
import { unknownAttribute } from './unknown-attribute.js'

/** Options of `report/evaluate`. */
export const evaluateOptions = Type.Object(
  {
    partition: heldOutPartition,
    primaryMetric: Type.Union([Type.Literal('balancedAccuracy'), Type.Literal('accuracy'), Type.Literal('macroF1')], {
      default: 'balancedAccuracy',
      description: 'The metric declared before the run: stands first and is compared between inputs',
    }),
    confidence: Type.Number({
      exclusiveMinimum: 0.5,
      exclusiveMaximum: 1,
      default: 0.95,
      description: 'Level of the intervals',
    }),
    resamples: Type.Integer({
      minimum: 100,
      maximum: 100_000,
      default: 2000,
      description: 'Cluster-bootstrap resamples',
    }),
    subgroups: Type.Array(Type.String({ minLength: 1 }), {
      uniqueItems: true,
      default: [],
      description: 'Attributes of the rows (data/table) by each of whose values every input is measured on its own',
    }),
    permutations: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
      description:
        'Deals of an exact permutation test of balanced accuracy against chance, labels dealt among groups; 0 leaves it out',
    }),
    reference: Type.String({
      default: '',
      description: 'Input that the others are compared with, by node name; empty for the last one',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/evaluate`, defaults filled in. */
export type EvaluateOptions = Static<typeof evaluateOptions>

/** `report/evaluate`. */
export const evaluate: Operation = defineOperation({
  kind: 'report',
  type: 'report/evaluate',
  summary: 'Metrics of held-out predictions with patient-clustered intervals and paired comparisons',
  cacheVersion: 6,
  options: evaluateOptions,
  inputs: { predictions: port.predictions.many('Predictions to evaluate; rows are named by their source node') },
  outputs: { report: port.report('metrics.json, curves.json, table.md, table.csv, predictions.csv') },
  plan: (args) => {
    const { options, inputs } = args
    const names = inputs.predictions.map(({ name }) => name)
    if (options.reference !== '' && !names.includes(options.reference)) {
      args.issue('reference', `reference names "${options.reference}", which is not an input`, {
        expected: names.join(', '),
        received: options.reference,
      })
    }
    const [first] = inputs.predictions
    const known = first?.value.attributes
    for (const attribute of options.subgroups) {
      if (!known || known.includes(attribute)) continue
      const { message, ...details } = unknownAttribute(attribute, known)
      args.issue('subgroups', message, details)
    }
    for (const { name, value } of inputs.predictions) {
      if (value.partitions !== undefined && !value.partitions.includes(options.partition)) {
        args.issue('partition', `"${name}" has no rows of partition "${options.partition}"`, {
          received: value.partitions.join(', '),
        })
      }
      if (
        first?.value.classNames &&
        value.classNames &&
        first.value.classNames.join('\n') !== value.classNames.join('\n')
      ) {
        args.issue('in:predictions', `"${name}" and "${first.name}" have different class lists`, {
          code: 'ERR_CLASS_LIST',
          expected: first.value.classNames.join(', '),
          received: value.classNames.join(', '),
        })
      }
    }
    return {}
  },
  load: () => import('./evaluate-node.js'),
})
