import { loadEngine, runReference, type Engine } from '@etsef/nn'
import { createRng, type PixelImage } from '@etsef/plugin-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brightnessModel, tinyGraph, tinyModel } from '../../fixtures/tiny-models.js'
import { createExplainer, networkInput } from './explain-logits.js'
import { explainableLayer } from './explainable-layer.js'
import { normalizeMap } from './normalize-map.js'

let engine: Engine
let tensorsBefore = 0
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' })
  tensorsBefore = engine.tf.memory().numTensors
})
afterAll(() => {
  expect(engine.tf.memory().numTensors).toBe(tensorsBefore)
})

const noise = (seed: number, size = 16): PixelImage => {
  const rng = createRng(seed)
  return {
    dtype: 'uint8',
    shape: [size, size, 3],
    data: Uint8Array.from({ length: size * size * 3 }, () => rng.integer(256)),
  }
}

describe('createExplainer', () => {
  test('explains the logits of prediction, and its map sums to logit − bias under a linear head', () => {
    const model = tinyModel()
    const explainer = createExplainer(engine, model, { method: 'grad-cam' })
    const images = [noise(1), noise(2), noise(3)]
    const explanations = explainer.explain(images)
    explanations.forEach((explanation, i) => {
      const reference = runReference(model.graph, model.weights, networkInput([images[i]!], model)).get('logits')!
      explanation.logits.forEach((logit, k) => {
        expect(logit).toBeCloseTo(reference[k]!, 4)
      })
      expect(explanation.target).toBe(reference[0]! >= reference[1]! ? 0 : 1)
      expect(explanation.additivityResidual).toBeLessThan(1e-5)
      expect(explanation.map.length).toBe(64)
    })
    explainer.dispose()
  })
  test('explains an image alone as in a batch', () => {
    const explainer = createExplainer(engine, tinyModel(tinyGraph('hidden')), { method: 'grad-cam++' })
    const [, second] = explainer.explain([noise(1), noise(2)])
    const [alone] = explainer.explain([noise(2)])
    alone!.map.forEach((value, i) => {
      expect(value).toBeCloseTo(second!.map[i]!, 6)
    })
    expect(alone!.additivityResidual).toBeNaN()
    explainer.dispose()
  })
  test('finds what the class looks at', () => {
    const explainer = createExplainer(engine, brightnessModel(), { method: 'grad-cam' })
    const data = new Uint8Array(16 * 16 * 3)
    for (let row = 8; row < 12; row++) data.fill(255, (row * 16 + 2) * 3, (row * 16 + 6) * 3)
    const [bright] = explainer.explain([{ dtype: 'uint8', shape: [16, 16, 3], data }], 0)
    const best = bright!.map.indexOf(Math.max(...bright!.map))
    expect([Math.floor(best / 8), best % 8]).toEqual([4, 1])
    // The other class has evidence nowhere: it is explained, and said to be empty.
    const [dark] = explainer.explain([{ dtype: 'uint8', shape: [16, 16, 3], data }], 1)
    expect(dark!.target).toBe(1)
    expect(normalizeMap(dark!.map).isEmpty).toBe(true)
    explainer.dispose()
  })
  test('takes images of any size, grey ones too', () => {
    const explainer = createExplainer(engine, tinyModel(), { method: 'hires-cam' })
    expect(explainer.explain([noise(4, 40)])[0]!.map.length).toBe(64)
    const grey: PixelImage = { dtype: 'uint8', shape: [4, 4, 1], data: new Uint8Array(16) }
    expect(explainer.explain([grey])[0]!.logits.length).toBe(2)
    explainer.dispose()
  })
})

describe('explainableLayer', () => {
  test('takes the last spatial layer and knows a linear head', () => {
    expect(explainableLayer(tinyGraph(), ['a', 'b'])).toEqual({
      name: 'conv_relu',
      shape: [8, 8, 4],
      numClasses: 2,
      linearBias: 'logits/bias',
    })
    expect(explainableLayer(tinyGraph(), ['a', 'b'], 'conv').linearBias).toBeUndefined()
    expect(explainableLayer(tinyGraph('hidden'), ['a', 'b']).linearBias).toBeUndefined()
  })
  test('refuses a backbone without head, whose "class 1" would be a channel', () => {
    expect(() => explainableLayer(tinyGraph('none'), [])).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH', received: 'a backbone without head' }),
    )
  })
  test('refuses spatial logits', () => {
    expect(() => explainableLayer({ ...tinyGraph(), logitsNode: 'conv' }, ['a', 'b'])).toThrow(
      expect.objectContaining({ received: '[batch, 8, 8, 4]' }),
    )
  })
  test('refuses a class list of another length and a layer that is none', () => {
    expect(() => explainableLayer(tinyGraph(), ['a', 'b', 'c'])).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }),
    )
    expect(() => explainableLayer(tinyGraph(), ['a', 'b'], 'conv_rleu')).toThrow(
      expect.objectContaining({ hint: 'did you mean "conv_relu"?' }),
    )
    expect(() => explainableLayer(tinyGraph(), ['a', 'b'], 'pool')).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
    )
  })
})
