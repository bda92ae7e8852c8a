import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { classifiers } from './classifiers/classifiers.js'
import { combiners } from './combining/combiners.js'
import { projections } from './projections/projections.js'
import { selectors } from './selectors/selectors.js'
import { tuners } from './tuning/tuners.js'

/** Fusion, projection, selection, classifiers and votes. Imports declarations only; code is loaded by use. */
const plugin: Plugin = definePlugin({
  name: 'ensemble',
  operations: [...combiners, ...projections, ...selectors, ...classifiers, ...tuners],
  moved: Object.fromEntries(
    ['knn', 'random-forest', 'xgboost'].map((name) => [
      `ensemble/ml-${name}`,
      { type: `mljs/${name}`, package: '@etsef/plugin-mljs' },
    ]),
  ),
})

export default plugin
