export { default } from './plugin.js'
export { pretrainOptions } from './pretrain/pretrain.js'
export { ntXentLoss, ntXentPosition } from './nt-xent/nt-xent.js'
