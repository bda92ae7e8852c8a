import type { StarterProvider } from '@etsef/plugin-api'

/** First pipelines for folders and tables of images. What looks at pictures is loaded when one is asked for. */
const provider: StarterProvider = {
  start: async (request) => (await import('./start.js')).start(request),
}

export default provider
