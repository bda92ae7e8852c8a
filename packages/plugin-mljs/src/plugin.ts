import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { mlKnn } from './knn/knn.js'
import { mlRandomForest } from './random-forest/random-forest.js'
import { mlXgboost } from './xgboost/xgboost.js'

/** Classifiers of npm packages, guarded against the defects measured in them. Imports declarations only; code is loaded by use. */
const plugin: Plugin = definePlugin({ name: 'mljs', operations: [mlRandomForest, mlKnn, mlXgboost] })

export default plugin
