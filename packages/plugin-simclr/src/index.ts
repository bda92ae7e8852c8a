export { default } from './plugin.js'
export { pretrainOptions } from './pretrain/pretrain.js'
