import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { cases } from './cases/cases.js'
import { chain } from './chain/chain.js'
import { chainPixels } from './chain-pixels/chain-pixels.js'
import { check } from './check/check.js'
import { columnShap } from './column-shap/column-shap.js'
import { combineMaps } from './combine-maps/combine-maps.js'
import { gradCam } from './grad-cam/grad-cam.js'
import { members } from './members/members.js'
import { overlay } from './overlay/overlay.js'
import { pixels } from './pixels/pixels.js'
import { treeInteractions } from './tree-interactions/tree-interactions.js'
import { treeShap } from './tree-shap/tree-shap.js'
import { voteShap } from './vote-shap/vote-shap.js'

/** Explanations: class activation maps, pictures of them, Shapley values of columns, of superpixels for a whole vote and of its members, a page for each case, and tests of them. */
const plugin: Plugin = definePlugin({
  name: 'xai',
  operations: [
    gradCam,
    pixels,
    combineMaps,
    overlay,
    treeShap,
    treeInteractions,
    columnShap,
    chain,
    chainPixels,
    voteShap,
    members,
    cases,
    check,
  ],
})

export default plugin
