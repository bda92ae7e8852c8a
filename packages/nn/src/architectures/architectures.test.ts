import { describe, expect, test } from 'vitest'
import { countParameters } from '../graph/parameters.js'
import { stagesOf } from '../graph/head.js'
import { inferShapes } from '../graph/shapes.js'
import { buildArchitecture } from './build-architecture.js'
import { architectures } from './catalogue.js'

describe.each(Object.entries(architectures))('%s', (name, entry) => {
  test.each([...entry.variants])('%s variant has the published parameter count', (variant) => {
    expect(countParameters(buildArchitecture(name, { variant })).total).toBe(entry.parameterCount[variant])
  })

  test('builds at its smallest size and names stages in order', () => {
    const graph = buildArchitecture(name, { inputSize: entry.minInputSize })
    const stages = stagesOf(graph)
    expect(stages[0]).toBe('stem')
    expect(stages.slice(1)).toEqual(stages.slice(1).map((_, i) => `stage${i + 1}`))
    expect(inferShapes(graph).get(graph.lastSpatialNode)).toHaveLength(3)
    expect(inferShapes(graph).get(graph.featureNode)).toEqual([graph.featureWidth])
  })
})

test('mobilenetV2 0.35 matches the count of Keras 3.15', () => {
  expect(countParameters(buildArchitecture('mobilenetV2', { width: 0.35 })).total).toBe(410_208)
})

test('cut gives the features of an earlier node', () => {
  const graph = buildArchitecture('mobilenetV1', { cut: 'conv_dw_13_relu' })
  expect(graph.featureWidth).toBe(1024)
  expect(inferShapes(graph).get('conv_dw_13_relu')).toEqual([7, 7, 1024])
  expect(graph.nodes.some((node) => node.name === 'conv_pw_13')).toBe(false)
})

test.each([
  ['resnet19', {}, 'architecture'],
  ['resnet18', { width: 0.5 }, 'width'],
  ['resnet18', { variant: 'keras' as const }, 'variant'],
  ['mobilenetV2', { inputSize: 16 }, 'inputSize'],
  ['mobilenetV1', { cut: 'nowhere' }, 'cut'],
])('refuses %s with %j, and says which option is to blame', (name, options, option) => {
  expect(() => buildArchitecture(name, options)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION', option }))
})
