import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { combinationOperations } from './combination/operations.js'
import { calibrators } from './operations/calibrators.js'
import { classifiers } from './operations/classifiers.js'
import { combiners } from './operations/combiners.js'
import { packages } from './operations/packages.js'
import { selectors } from './operations/selectors.js'
import { transformers } from './operations/transformers.js'
import { tuneOperations } from './tune/operations.js'

/** Fusion, projection, selection, classifiers and votes. Imports declarations only; code is loaded by use. */
const plugin: Plugin = definePlugin({
  name: 'ensemble',
  operations: [
    ...combiners,
    ...transformers,
    ...selectors,
    ...classifiers,
    ...packages,
    ...calibrators,
    ...combinationOperations,
    ...tuneOperations,
  ],
})

export default plugin
