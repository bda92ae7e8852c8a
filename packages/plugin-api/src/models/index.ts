export * from './encode-state.js'
export * from './model-directory.js'
export { readTreeEnsemble } from './read-tree-ensemble.js'
export { depthOf, outputsOf, type FlatTrees, type TreeEnsemble } from './tree-ensemble.js'
