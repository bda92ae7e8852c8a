import { someImages, type ConformanceCase } from '@etsef/plugin-api/testing'

export const conformanceCase = (): ConformanceCase => ({ inputs: { images: someImages({ numSamples: 20 }) } })
