// A manifest that imports what is not there
import { definePlugins } from '@etsef/plugin-api'

export default definePlugins({ name: 'manifest-misspelt', operations: [] })
