import { definePlugin, type Plugin } from '@etsef/plugin-api'
import { expand } from './expand/expand.js'
import { random } from './random/random.js'

/** Changed copies and views of training images. */
const plugin: Plugin = definePlugin({ name: 'augment', operations: [expand, random] })

export default plugin
