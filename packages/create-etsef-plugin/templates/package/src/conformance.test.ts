import { checkPlugin } from '@etsef/plugin-api/testing'
import plugin from './plugin.js'

checkPlugin(plugin, {
  cases: {},
})
