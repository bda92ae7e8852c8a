export * from './check-plugin.js'
export * from './expect-close.js'
export * from './fixtures.js'
export * from './run-operation.js'
