export * from './row-codec.js'
export * from './row-reader.js'
export * from './row-writer.js'
export * from '../payload/stored.js'
