import { someFeatures, type ConformanceCase } from '@etsef/plugin-api/testing'

export const conformanceCase = (): ConformanceCase => ({
  inputs: { features: someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 4 }) },
})
