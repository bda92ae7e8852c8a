import { somePredictions, type ConformanceCase } from '@etsef/plugin-api/testing'

export const conformanceCase = (): ConformanceCase => ({ inputs: { predictions: somePredictions({ numClasses: 3 }) } })
