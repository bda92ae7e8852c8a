import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { pretrain } from './pretrain/pretrain.js'

/** Contrastive pre-training (SimCLR). */
const plugin: Plugin = definePlugin({ name: 'simclr', operations: [pretrain] })

export default plugin
