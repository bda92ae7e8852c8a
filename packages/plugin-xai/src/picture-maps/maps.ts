import type { MapsProvider } from '@etsef/plugin-api'

/** Maps of pictures outside a pipeline, for the runner: what computes and draws is loaded when the first is asked for. */
const provider: MapsProvider = {
  openMaps: async (request) => (await import('./open-maps.js')).openMaps(request),
}

export default provider
