export * from './check-options.js'
export * from './content-options.js'
export * from './describe-schema.js'
export type { Schema } from './schema.js'
