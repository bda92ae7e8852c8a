import { loadEngine, runReference, type Engine, type GraphNode, type Model } from '@etsef/nn'
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

describe('a layer inside a residual block', () => {
  /** conv_relu + twice(conv_relu) → pool → logits: what the pool sees is three times the layer. */
  const residual = (): Model => {
    const { graph, weights, ...more } = tinyModel()
    const nodes = graph.nodes.flatMap((node): GraphNode[] =>
      node.op === 'globalAvgPool'
        ? [
            { op: 'scale', factor: 2, name: 'twice', inputs: ['conv_relu'], stage: 'stem' },
            { op: 'add', name: 'sum', inputs: ['twice', 'conv_relu'], stage: 'stem' },
            { ...node, inputs: ['sum'] },
          ]
        : [node],
    )
    return { ...more, weights, graph: { ...graph, nodes, lastSpatialNode: 'sum' } }
  }
  test.each(['grad-cam', 'layer-cam', 'eigen-cam'] as const)('is explained by the way through it: %s', (method) => {
    const maps = ['twice', 'sum'].map((targetLayer) => {
      const explainer = createExplainer(engine, residual(), { method, targetLayer })
      const [explanation] = explainer.explain([noise(1)], 1)
      explainer.dispose()
      return explanation!.map
    })
    // The layer is two thirds of the sum, and its gradient the same.
    maps[0]!.forEach((value, i) => {
      expect(value).toBeCloseTo((2 / 3) * maps[1]![i]!, 5)
    })
    expect(Math.max(...maps[0]!.map(Math.abs))).toBeGreaterThan(0)
  })
  test('loses for ablation-cam what goes through it and nothing else', () => {
    const explainer = createExplainer(engine, residual(), { method: 'ablation-cam', targetLayer: 'twice' })
    const [own, other] = explainer.explain([noise(1), noise(2)], 1)
    explainer.dispose()
    const alone = createExplainer(engine, residual(), { method: 'ablation-cam', targetLayer: 'twice' })
    const [same] = alone.explain([noise(2)], 1)
    alone.dispose()
    // What comes around the layer is of the same picture.
    other!.map.forEach((value, i) => {
      expect(value).toBeCloseTo(same!.map[i]!, 4)
    })
    const { weights } = residual()
    const { data } = weights.get('logits/kernel')!
    const [model, network] = [residual(), networkInput([noise(1)], residual())]
    const values = runReference(model.graph, model.weights, network).get('twice')!
    const logit = own!.logits[1]!
    // Σ_c (mean of channel c · its weight / logit) · a_c.
    own!.map.forEach((value, i) => {
      let expected = 0
      for (let c = 0; c < 4; c++) {
        let mean = 0
        for (let at = c; at < values.length; at += 4) mean += values[at]! / 64
        expected += ((mean * data[c * 2 + 1]!) / logit) * values[i * 4 + c]!
      }
      expect(value).toBeCloseTo(expected, 4)
    })
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
