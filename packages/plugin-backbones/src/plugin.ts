import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { extract } from './extract/extract.js'
import { finetune } from './finetune/finetune.js'
import { layerMaps } from './layer-maps/layer-maps.js'
import { poolMaps } from './pool-maps/pool-maps.js'
import { pretrain } from './pretrain/pretrain.js'
import { pretrained } from './pretrained/pretrained.js'

/** Base models for ETSEF: pre-trained networks, intermediate pre-training, fine-tuning, feature extraction. */
const plugin: Plugin = definePlugin({
  name: 'backbones',
  operations: [pretrained, pretrain, finetune, extract, layerMaps, poolMaps],
})

export default plugin
