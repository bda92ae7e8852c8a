import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { pretrain } from './pretrain/pretrain.js'
import { simsiam } from './simsiam/simsiam.js'
import { supcon } from './supcon/supcon.js'

/** Contrastive and self-supervised pre-training. */
const plugin: Plugin = definePlugin({ name: 'simclr', operations: [pretrain, supcon, simsiam] })

export default plugin
