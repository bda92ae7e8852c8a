import plugin from './plugin.js'

export default plugin
export * from './knn/knn-model.js'
export * from './random-forest/random-forest-model.js'
export * from './xgboost/xgboost-model.js'
export type { Labels } from '@etsef/plugin-api/models'
export type { Matrix } from '@etsef/plugin-api/models'
