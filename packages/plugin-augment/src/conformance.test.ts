import { checkPlugin, someImages } from '@etsef/plugin-api/testing'
import plugin from './plugin.js'

checkPlugin(plugin, {
  cases: {
    'augment/expand': () => ({ options: { copies: 2 }, inputs: { images: someImages({ numSamples: 30 }) } }),
    'augment/random': () => ({
      options: { preset: 'greyscale-mri', rotationDegrees: 20 },
      inputs: { images: someImages({ numSamples: 30 }) },
    }),
  },
})
