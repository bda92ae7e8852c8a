import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { gradCam } from './grad-cam/grad-cam.js'
import { overlay } from './overlay/overlay.js'
import { treeShap } from './tree-shap/tree-shap.js'
import { voteShap } from './vote-shap/vote-shap.js'

/** Explanations: class activation maps, pictures of them, Shapley values of columns and of superpixels for a whole vote. */
const plugin: Plugin = definePlugin({ name: 'xai', operations: [gradCam, overlay, treeShap, voteShap] })

export default plugin
