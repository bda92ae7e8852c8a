import { buildArchitecture, countParameters, parametersOf, stagesOf, trainablePart, withHead } from '@etsef/nn'
import { expect, test } from 'vitest'

const graph = withHead(buildArchitecture('mobilenetV3Large'), { numClasses: 4 })
const backbone = graph.nodes.filter((node) => node.stage !== 'head')
const total = countParameters(graph).trainable
const numHead = countWeights((stage) => stage === 'head')

function countWeights(isWanted: (stage: string) => boolean): number {
  const stageOf = new Map(graph.nodes.map((node) => [node.name, node.stage]))
  return parametersOf(graph)
    .filter(({ name, trainable }) => trainable && isWanted(stageOf.get(name.slice(0, name.lastIndexOf('/')))!))
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0)
}

test('S10: `layers[:400]` of MobileNetV3Large is all of it, though meant as "some layers"', () => {
  expect(backbone.length).toBeLessThan(400)
  const frozen = new Set(backbone.slice(0, 400).map((node) => node.name))
  expect(backbone.filter((node) => !frozen.has(node.name))).toEqual([])
})

test('S10: freezing up to a named stage counts exactly what is left to learn', () => {
  const stages = stagesOf(graph)
  for (const [index, stage] of stages.slice(0, -1).entries()) {
    const later = new Set(stages.slice(index + 1))
    const { numTrainable } = trainablePart(graph, stage)
    expect(numTrainable, stage).toBe(countWeights((name) => later.has(name)))
    expect(numTrainable, stage).toBeLessThan(total)
  }
  expect(trainablePart(graph, 'none').numTrainable).toBe(total)
  expect(trainablePart(graph, 'backbone').numTrainable).toBe(numHead)
})

test('S10: an index, or a layer the network does not have, is refused with the names it has', () => {
  expect(() => trainablePart(graph, '400')).toThrow(
    expect.objectContaining({ expected: expect.stringMatching(/stem, stage1/) as string }),
  )
  expect(() => trainablePart(graph, 'conv_layers[21]')).toThrow(
    expect.objectContaining({ expected: expect.stringMatching(/stem, stage1/) as string }),
  )
})
