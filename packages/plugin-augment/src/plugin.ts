import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { expand } from './expand/expand.js'

/** Changed copies of training images. */
const plugin: Plugin = definePlugin({ name: 'augment', operations: [expand] })

export default plugin
