import { expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { withHead } from '../graph/head.js'
import { parametersOf } from '../graph/parameters.js'
import { undecayedParameters } from './undecayed-parameters.js'

test('decays kernels of the backbone, not batch norms, biases or the head', () => {
  const graph = withHead(buildArchitecture('mobilenetV2', { inputSize: 32, width: 0.35 }), { numClasses: 3 })
  const undecayed = undecayedParameters(graph)
  const decayed = parametersOf(graph).filter(({ name, trainable }) => trainable && !undecayed.has(name))
  expect(decayed.length).toBeGreaterThan(40)
  expect(decayed.every(({ name }) => name.endsWith('/kernel') && !name.startsWith('logits'))).toBe(true)
  expect(undecayed.has('logits/kernel')).toBe(true)
})
