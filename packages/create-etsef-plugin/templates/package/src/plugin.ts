// The manifest: read to check and plan a pipeline. Code is loaded when an operation runs.
import { definePlugin, type Plugin } from '@etsef/plugin-api'

const plugin: Plugin = definePlugin({ name: 'NAMESPACE', operations: [] })

export default plugin
