import { someFeatures, type ConformanceCase } from '@etsef/plugin-api/testing'

export const conformanceCase = (): ConformanceCase => ({
  options: { components: 3 },
  inputs: { features: someFeatures({ numSamples: 40, numFeatures: 6 }) },
})
