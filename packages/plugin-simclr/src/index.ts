export { default } from './plugin.js'
export { pretrainOptions } from './plugin.js'
