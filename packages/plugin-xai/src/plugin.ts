import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { gradCam } from './grad-cam/grad-cam.js'
import { overlay } from './overlay/overlay.js'
import { treeShap } from './tree-shap/tree-shap.js'

/** Explanations: class activation maps, pictures of them, Shapley values of columns. */
const plugin: Plugin = definePlugin({ name: 'xai', operations: [gradCam, overlay, treeShap] })

export default plugin
