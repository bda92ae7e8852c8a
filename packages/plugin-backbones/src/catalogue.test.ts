import { architectures, buildArchitecture, stagesOf } from '@etsef/nn'
import { expect, test } from 'vitest'
import { catalogue } from './catalogue.js'

test('the catalogue of the manifest is that of @etsef/nn', () => {
  const expected = Object.fromEntries(
    Object.entries(architectures).map(([name, { inputSize, minInputSize, hasWidth }]) => {
      const graph = buildArchitecture(name)
      const stages = stagesOf(graph)
      expect(stages).toEqual(['stem', ...stages.slice(1).map((_, i) => `stage${i + 1}`)])
      return [
        name,
        { numStages: stages.length - 1, inputSize, minInputSize, featureWidth: graph.featureWidth, hasWidth },
      ]
    }),
  )
  expect(catalogue).toEqual(expected)
})
