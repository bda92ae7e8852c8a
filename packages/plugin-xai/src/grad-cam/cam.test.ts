import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { camMap, camMethods, channelWeights, type CamMethod, type LayerEvidence } from './cam-methods.js'
import { combinedMap } from '../combine-maps/combined-map.js'
import { borderShare, localize } from './localization.js'
import { forwardCam, type LogitProbe } from './forward-cams.js'
import { mirrorPicture } from './mirror.js'
import { normalizeMap } from './normalize-map.js'
import { upsampleMap } from './upsample-map.js'

// Two channels of 2×2, channels last: A = [[1,2],[3,0]], [[0,1],[2,4]].
const activations = [1, 0, 2, 1, 3, 2, 0, 4]
const shape = [2, 2, 2] as const
/** Evidence for y = Σ w_c · mean(f(a_c)) with the gradient per channel and position given by `gradient`. */
const evidence = (gradient: (channel: number, activation: number) => number): LayerEvidence => ({
  activations,
  shape,
  gradients: activations.map((value, i) => gradient(i % 2, value)),
})
/** Head W·GAP(A) + b. */
const linear = (weights: readonly number[]): LayerEvidence => evidence((channel) => weights[channel]! / 4)
/** Head W·GAP(A)² + b of class 1: gradient 2·w·GAP/4. */
const squared = evidence((channel) => (2 * [-1, 3][channel]! * [1.5, 1.75][channel]!) / 4)

describe('camMap', () => {
  // Worked by hand, and by pytorch-grad-cam.
  test.each([
    [[2, -1], [0.5, 0.75, 1, -1], 1.35 - 0.1],
    [[-1, 3], [-0.25, 0.25, 0.75, 3], 3.55 + 0.2],
    [[0.5, 0.5], [0.125, 0.375, 0.625, 0.5], 1.625],
  ])('grad-cam of a linear head with weights %j', (weights, raw, logitWithoutBias) => {
    const map = camMap('grad-cam', linear(weights))
    expect([...map]).toEqual(raw)
    expect(map.reduce((total, value) => total + value, 0)).toBeCloseTo(logitWithoutBias, 12)
  })
  test.each([
    [
      [2, -1],
      [0.5, -0.25],
      [0.5, 0.75, 1, 0],
    ],
    [
      [-1, 3],
      [-0.25, 0.75],
      [0, 0.25, 0.75, 3],
    ],
    [
      [0.5, 0.5],
      [0.125, 0.125],
      [0.125, 0.375, 0.625, 0.5],
    ],
  ])(
    'grad-cam weights of %j are the mean gradients, and what is shown is the positive part',
    (weights, alpha, relu) => {
      expect([...channelWeights('grad-cam', linear(weights))!]).toEqual(alpha)
      const { values, max } = normalizeMap(camMap('grad-cam', linear(weights)))
      expect(Array.from(values, (value) => value * max)).toEqual(
        relu.map((value) => expect.closeTo(value, 12) as number),
      )
    },
  )
  test('grad-cam++ weights of the squared head', () => {
    const weights = channelWeights('grad-cam++', squared)!
    expect(weights[0]).toBe(0)
    expect(weights[1]).toBeCloseTo(0.5153374196, 6)
  })
  test('layer-cam, hires-cam and x-grad-cam of the squared head', () => {
    expect([...camMap('layer-cam', squared)]).toEqual([0, 2.625, 5.25, 10.5])
    expect([...camMap('hires-cam', squared)]).toEqual([-0.75, 1.125, 3, 10.5])
    const [a, b] = channelWeights('x-grad-cam', squared)!
    expect(a).toBeCloseTo(-0.75, 6)
    expect(b).toBeCloseTo(2.625, 6)
  })
  test('is the same whatever constant is added to a logit, and as many times as large as the logit is', () => {
    // The gradient of b + s · w · GAP(A) is s · w / 4, whatever b is.
    const [own, scaled] = [linear([-1, 3]), linear([-20, 60])]
    expect([...camMap('grad-cam', scaled)]).toEqual([...camMap('grad-cam', own)].map((value) => 20 * value))
  })
  test('loses its sum through softmax, and everything where softmax is sure: why logits are explained', () => {
    const weights = [
      [2, -1],
      [-1, 3],
      [0.5, 0.5],
    ]
    const throughSoftmax = (scale: number): Float64Array => {
      const powers = [1.35, 3.55, 1.625].map((logit) => Math.exp(scale * (logit - 3.55)))
      const shares = powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0))
      // ∂p1/∂pool = p1 (w1 − Σ p w)
      return camMap(
        'grad-cam',
        linear(
          [0, 1].map((c) =>
            weights.reduce((sum, row, k) => sum + scale * shares[1]! * (Number(k === 1) - shares[k]!) * row[c]!, 0),
          ),
        ),
      )
    }
    ;[-0.0873, -0.0466, -0.006, 0.5116].forEach((value, i) => expect(throughSoftmax(1)[i]).toBeCloseTo(value, 4))
    expect(throughSoftmax(1).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0.3717, 4)
    expect(Math.max(...throughSoftmax(20))).toBeLessThan(1e-13)
    // Without cancellation: ∂p1/∂pool = Σ p1 p_k (w1 − w_k), which float32 cannot tell from nothing beside activations of order 1.
    const shares = [1.35, 3.55, 1.625].map((logit) => Math.exp(20 * (logit - 3.55)))
    const gradient = [0, 1].map((c) =>
      weights.reduce((sum, row, k) => sum + shares[1]! * shares[k]! * (weights[1]![c]! - row[c]!), 0),
    )
    expect(gradient[1]! * 1e17).toBeCloseTo(4.8, 1)
  })
  // W · GAP(A)² + b of class 1, asked for changed activations.
  const probe: LogitProbe = {
    input: new Float32Array(12),
    inputShape: [2, 2, 3],
    fromInput: () => [],
    fromLayer: (layers) =>
      layers.map((layer) =>
        [-1, 3].reduce(
          (sum, weight, c) =>
            sum + weight * (layer.filter((_, at) => at % 2 === c).reduce((a, b) => a + b, 0) / 4) ** 2,
          -0.2,
        ),
      ),
  }
  test('ablation-cam of the squared head', () => {
    const map = forwardCam('ablation-cam', { activations, shape }, probe)
    ;[1, 2, 3, 0].forEach((first, i) =>
      expect(map[i]).toBeCloseTo(-0.3339517625 * first + 1.3636363636 * activations[2 * i + 1]!, 6),
    )
  })
  test('eigen-cam, whose sign is that of the mean activation', () => {
    const map = forwardCam('eigen-cam', { activations, shape }, probe)
    ;[-1.3416, -0.8944, -0.4472, 2.6833].forEach((value, i) => expect(map[i]).toBeCloseTo(value, 4))
  })
  prop.prop([
    fc.constantFrom<CamMethod>('grad-cam', 'hires-cam'),
    fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 }),
  ])('%s is linear in the gradient', (method, gradients) => {
    const single = camMap(method, { activations, gradients, shape })
    const double = camMap(method, { activations, gradients: gradients.map((value) => 2 * value), shape })
    double.forEach((value, i) => {
      expect(value).toBeCloseTo(2 * single[i]!, 10)
    })
  })
  test.each(camMethods)('%s of no gradient is no evidence', (method) => {
    expect(
      normalizeMap(
        camMap(
          method,
          evidence(() => 0),
        ),
      ),
    ).toMatchObject({ isEmpty: true, max: 0 })
  })
})

describe('normalizeMap', () => {
  test('divides by the maximum and keeps zero', () => {
    ;[0.2, 0.6, 1, 0.8].forEach((value, i) =>
      expect(normalizeMap([0.125, 0.375, 0.625, 0.5]).values[i]).toBeCloseTo(value, 12),
    )
    expect(normalizeMap([0.5, -1, 2, 0])).toEqual({ values: Float64Array.of(0.25, 0, 1, 0), max: 2, isEmpty: false })
  })
  test('is not the min–max scaling of other tools, which paints the weakest evidence as none', () => {
    const raw = [0.125, 0.375, 0.625, 0.5]
    const minMax = raw.map((value) => (value - 0.125) / (0.625 - 0.125))
    expect(minMax).toEqual([0, 0.5, 1, 0.75])
    expect(Math.min(...normalizeMap(raw).values)).toBeCloseTo(0.2, 12)
  })
  test('leaves a map without positive evidence at zero', () => {
    expect(normalizeMap([-1, -2, 0])).toEqual({ values: new Float64Array(3), max: 0, isEmpty: true })
  })
})

test('combinedMap gives each map the same weight, and a map of nothing none', () => {
  const maps = [
    [4, -2, 0],
    [0.25, 0.5, -1],
    [-3, -3, 0],
  ]
  ;[0.5, 1 / 3, 0].forEach((value, i) => expect(combinedMap(maps, 'mean')[i]).toBeCloseTo(value, 12))
  expect([...combinedMap(maps, 'max')]).toEqual([1, 1, 0])
  expect([...combinedMap([[0, -1]], 'mean')]).toEqual([0, 0])
})

test('a mirrored picture is another picture, also of a buffer whose slice is a window on itself', () => {
  const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])
  const picture = { dtype: 'uint8' as const, shape: [2, 2, 2] as const, data }
  const { data: mirrored } = mirrorPicture(picture)
  expect([...mirrored]).toEqual([3, 4, 1, 2, 7, 8, 5, 6])
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

describe('upsampleMap', () => {
  test('has the half-pixel grid of torch 2.13 interpolate(align_corners=False)', () => {
    expect([...upsampleMap([0, 1, 2, 3], [2, 2], [4, 4])].slice(0, 4)).toEqual([0, 0.25, 0.75, 1])
  })
  test('keeps an impulse in the middle symmetric', () => {
    const map = upsampleMap([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3], [9, 9])
    for (let i = 0; i < 81; i++) expect(map[i]).toBeCloseTo(map[80 - i]!, 6)
    expect(map[40]).toBe(1)
  })
})

describe('localize', () => {
  test('counts a maximum on the lesion and evidence inside', () => {
    expect(localize([0, 3, 1, -5], [0, 255, 0, 255])).toEqual({ isHit: true, energyInside: 0.75, area: 0.5 })
    expect(localize([4, 3, 1, 0], [0, 255, 0, 255], 1)).toMatchObject({ isHit: true })
    expect(localize([4, 3, 1, 0], [0, 255, 0, 255])).toEqual({ isHit: false, energyInside: 0.375, area: 0.5 })
  })
  test('says nothing without a lesion, and no hit without evidence', () => {
    expect(localize([1, 2], [0, 0])).toBeUndefined()
    expect(localize([0, -2], [255, 0])).toEqual({ isHit: false, energyInside: 0, area: 0.5 })
  })
})

test('borderShare is the share of the outer tenth', () => {
  expect(borderShare(new Float64Array(400).fill(1), [20, 20])).toBeCloseTo(1 - (16 * 16) / 400, 12)
  expect(borderShare([-1, 0], [1, 2])).toBeNaN()
})
