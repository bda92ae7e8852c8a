import { buildArchitecture, resize, type Graph } from '@etsef/nn'
import { describe, expect, test } from 'vitest'
import { placeMap, receptiveGrid } from './receptive-grid.js'

const conv = (
  kernel: number,
  stride: number,
  padding: 'same' | 'valid' | readonly [number, number, number, number],
  size = 16,
): Graph => ({
  architecture: 'one',
  inputShape: [size, size, 3],
  nodes: [
    {
      op: 'conv',
      filters: 1,
      kernel: [kernel, kernel],
      strides: [stride, stride],
      padding,
      bias: false,
      name: 'conv',
      inputs: ['input'],
      stage: 's',
    },
  ],
  featureNode: 'conv',
  featureWidth: 1,
  lastSpatialNode: 'conv',
})

describe('receptiveGrid', () => {
  test.each([
    // Worked by hand: cell 0 reads pixels −before … kernel − 1 − before.
    ['stride 1, same', 3, 1, 'same', 0.5, 1],
    ['stride 2, same: pixels 0, 1, 2', 3, 2, 'same', 1.5, 2],
    ['stride 2, symmetric: pixels −1, 0, 1', 3, 2, [1, 1, 1, 1], 0.5, 2],
    ['kernel 2, stride 2: pixels 0, 1, the tile itself', 2, 2, 'valid', 1, 2],
    ['kernel 3, valid: pixels 0, 1, 2', 3, 1, 'valid', 1.5, 1],
  ] as const)('%s', (_, kernel, stride, padding, origin, step) => {
    expect(receptiveGrid(conv(kernel, stride, padding), 'conv').height).toEqual({ origin, stride: step })
  })
  test('adds up through ResNet-18 (symmetric padding) and MobileNet (same padding)', () => {
    const resnet = buildArchitecture('resnet18', { inputSize: 64 })
    // A tile of stride 32 is centred at 16; halves of 1 + 2 + 4 + 8 + 16 pixels pull to the upper left.
    expect(receptiveGrid(resnet, resnet.lastSpatialNode).width).toEqual({ origin: 0.5, stride: 32 })
    const mobilenet = buildArchitecture('mobilenetV1', { inputSize: 64 })
    expect(receptiveGrid(mobilenet, mobilenet.lastSpatialNode).width).toEqual({ origin: 31.5, stride: 32 })
  })
  test('passes gates by', () => {
    const net = buildArchitecture('mobilenetV3Small', { inputSize: 64 })
    expect(receptiveGrid(net, net.lastSpatialNode).height.stride).toBe(32)
  })
})

describe('placeMap', () => {
  test('is the half-pixel enlargement when cells tile the picture', () => {
    const map = Float32Array.from([0, 1, 2, 3, 7, 5])
    const tiles = { height: { origin: 2, stride: 4 }, width: { origin: 2, stride: 4 } }
    const plain = resize({ height: 2, width: 3, channels: 1, data: map }, 8, 12).data
    placeMap(map, [2, 3], tiles, [8, 12]).forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i]!, 5)
    })
  })
  test('puts a peak on the centre of its receptive field', () => {
    const map = new Float64Array(64)
    map[3 * 8 + 5] = 1
    const placed = placeMap(
      map,
      [8, 8],
      { height: { origin: 0.5, stride: 2 }, width: { origin: 1.5, stride: 2 } },
      [16, 16],
    )
    const best = placed.indexOf(Math.max(...placed))
    expect([Math.floor(best / 16), best % 16]).toEqual([6, 11])
    expect(placed[best]).toBe(1)
  })
  test('keeps the range of the map', () => {
    const placed = placeMap(
      [-2, 5, 1, 0],
      [2, 2],
      { height: { origin: 0.5, stride: 8 }, width: { origin: 7.5, stride: 8 } },
      [16, 16],
    )
    expect(Math.min(...placed)).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...placed)).toBeLessThanOrEqual(5)
  })
})
