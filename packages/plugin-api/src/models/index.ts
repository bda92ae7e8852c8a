export * from './encode-state.js'
export * from './model-directory.js'
