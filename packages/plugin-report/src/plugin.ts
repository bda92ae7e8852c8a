import { definePlugin, defineOperation, port } from '@etsef/plugin-api'
import type { Plugin } from '@etsef/plugin-api'
import { evaluateOptions } from './evaluate/evaluate-options.js'

/** Reports: evaluation with intervals, paired comparisons, figures. */
export const plugin: Plugin = definePlugin({
  name: 'report',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'report/evaluate',
      summary: 'Metrics of held-out predictions with patient-clustered intervals and paired comparisons',
      cacheVersion: 1,
      options: evaluateOptions,
      inputs: { predictions: port.predictions.many('Predictions to evaluate; rows are named by their source node') },
      outputs: { report: port.report('metrics.json, table.md, table.csv, predictions.csv') },
      plan: ({ options, inputs, issue }) => {
        const names = inputs.predictions.map(({ name }) => name)
        if (options.reference !== '' && !names.includes(options.reference)) {
          issue('reference', `reference names "${options.reference}", which is not an input`, {
            expected: names.join(', '),
            received: options.reference,
          })
        }
        const [first] = inputs.predictions
        for (const { name, value } of inputs.predictions) {
          if (value.partitions !== undefined && !value.partitions.includes(options.partition)) {
            issue('partition', `"${name}" has no rows of partition "${options.partition}"`, {
              received: value.partitions.join(', '),
            })
          }
          if (
            first?.value.classNames &&
            value.classNames &&
            first.value.classNames.join('\n') !== value.classNames.join('\n')
          ) {
            issue('in:predictions', `"${name}" and "${first.name}" have different class lists`, {
              expected: first.value.classNames.join(', '),
              received: value.classNames.join(', '),
            })
          }
        }
        return {}
      },
      load: () => import('./evaluate/evaluate-node.js'),
    }),
  ],
})

export default plugin
