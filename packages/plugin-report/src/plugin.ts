import { definePlugin, defineOperation, port } from '@etsef/plugin-api'
import type { Plugin } from '@etsef/plugin-api'
import { attributionsOptions } from './attributions/attributions-options.js'
import { evaluateOptions } from './evaluate/evaluate-options.js'
import { figuresOptions } from './figures/figures-options.js'
import { pageOptions } from './page/page-options.js'

/** Reports: evaluation with intervals, paired comparisons, figures. */
const plugin: Plugin = definePlugin({
  name: 'report',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'report/evaluate',
      summary: 'Metrics of held-out predictions with patient-clustered intervals and paired comparisons',
      cacheVersion: 2,
      options: evaluateOptions,
      inputs: { predictions: port.predictions.many('Predictions to evaluate; rows are named by their source node') },
      outputs: { report: port.report('metrics.json, table.md, table.csv, predictions.csv') },
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
              expected: first.value.classNames.join(', '),
              received: value.classNames.join(', '),
            })
          }
        }
        return {}
      },
      load: () => import('./evaluate/evaluate-node.js'),
    }),
    defineOperation({
      kind: 'report',
      type: 'report/figures',
      summary: 'Confusion matrix, reliability curve and t-SNE of held-out rows, as SVG, PNG and Vega-Lite',
      cacheVersion: 2,
      options: figuresOptions,
      inputs: {
        predictions: port.predictions.optional('Predictions for the confusion matrix and the reliability curve'),
        features: port.features.optional('Features for the t-SNE picture'),
      },
      outputs: {
        report: port.report(
          'confusion-matrix, reliability and t-sne as .svg, .png and .vl.json, t-sne.csv, metrics.json',
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
      load: () => import('./figures/figures-node.js'),
    }),
    defineOperation({
      kind: 'report',
      type: 'report/attributions',
      summary: 'Which columns and base models a classifier decided by: mean attributions per class, as tables and bars',
      cacheVersion: 2,
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
      load: () => import('./attributions/attributions-node.js'),
    }),
    defineOperation({
      kind: 'report',
      type: 'report/page',
      summary: 'One self-contained HTML page with the tables, texts and figures of several reports',
      cacheVersion: 2,
      options: pageOptions,
      inputs: { reports: port.report.many('Reports to show, one section each, in this order') },
      outputs: { report: port.report('index.html, which refers to no other file') },
      load: () => import('./page/page-node.js'),
    }),
  ],
})

export default plugin
