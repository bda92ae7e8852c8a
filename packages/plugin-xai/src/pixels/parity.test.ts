import { createGraphModel, loadEngine } from '@etsef/nn'
import { describe, expect, test } from 'vitest'
import { smallCnn } from '../../fixtures/small-cnn.js'
import { camMethods } from '../grad-cam/cam-methods.js'
import { createExplainer, networkInput } from '../grad-cam/explain-logits.js'
import { forwardCamMethods } from '../grad-cam/forward-cams.js'
import { integratedGradients } from './integrated-gradients.js'
import { networkFunction } from './network-function.js'
import { occlusion } from './occlusion.js'

// torch 2.13.0, autograd in float64; scripts/peer_pixels.py
const { model, picture, peer } = smallCnn()
const engine = await loadEngine({ prefer: 'wasm', threads: 1 })

function expectClose(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(values.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs(values[i]! - value)).toBeLessThan(1e-4)
  })
}

describe('against torch, on a CNN whose weights are the same', () => {
  test.each([...camMethods, ...forwardCamMethods])('%s', (method) => {
    const explainer = createExplainer(engine, model, { method })
    const [explanation] = explainer.explain([picture])
    explainer.dispose()
    expectClose(explanation!.logits, peer.logits)
    expect(explanation!.target).toBe(peer.target)
    expectClose(explanation!.map, peer.maps[method]!)
  })
  test('integrated gradients and occlusion', () => {
    const network = createGraphModel(engine, model.graph, model.weights)
    const weights = [0, 1, 2].map((k) => Number(k === peer.target))
    const f = networkFunction(network, 'logits', weights)
    const [point, baseline] = [networkInput([picture], model), new Float32Array(8 * 8 * 3)]
    const { values, residual, difference } = integratedGradients(f, point, baseline, { minSteps: 64, maxSteps: 64 })
    expectClose(values, peer.integratedGradients)
    expect(residual).toBeLessThan(0.01 * Math.abs(difference))
    expectClose(occlusion(f, point, baseline, [8, 8, 3], { patch: 3, stride: 2 }), peer.occlusion)
    network.dispose()
  })
})

describe('methods without a gradient', () => {
  test('give a constant picture a map without a number that is none, and eigen-cam no evidence where nothing differs', () => {
    const grey = { ...picture, data: new Uint8Array(8 * 8 * 3).fill(90) }
    for (const method of forwardCamMethods) {
      const explainer = createExplainer(engine, model, { method })
      const [explanation] = explainer.explain([grey])
      explainer.dispose()
      expect(explanation!.map.every(Number.isFinite)).toBe(true)
    }
  })
})
