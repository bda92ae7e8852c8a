import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { classifiers } from './classifiers/classifiers.js'
import { packages } from './classifiers/ml/packages.js'
import { combiners } from './combining/combiners.js'
import { projections } from './projections/projections.js'
import { selectors } from './selectors/selectors.js'
import { tuners } from './tuning/tuners.js'

/** Fusion, projection, selection, classifiers and votes. Imports declarations only; code is loaded by use. */
const plugin: Plugin = definePlugin({
  name: 'ensemble',
  operations: [...combiners, ...projections, ...selectors, ...classifiers, ...packages, ...tuners],
})

export default plugin
