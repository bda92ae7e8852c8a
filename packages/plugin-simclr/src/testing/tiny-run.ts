import { initWeights, uniformStream, viewPresets, type Engine, type Graph, type PixelStore } from '@etsef/nn'
import { simclrMethod } from '../nt-xent/simclr-method.js'
import type { FrameInput, FrameOptions } from '../frame/train-frame.js'

/** Pictures of one side length, from a function of picture and place (channels last). */
export function pictureStore(size: number, side: number, at: (picture: number, place: number) => number): PixelStore {
  const length = side * side * 3
  const data = new Uint8Array(size * length)
  for (let i = 0; i < data.length; i++) data[i] = at(Math.floor(i / length), i % length)
  return {
    size,
    side,
    originals: (indices) =>
      Promise.resolve(
        indices.map((from) => ({
          dtype: 'uint8' as const,
          shape: [side, side, 3] as const,
          data: data.subarray(from * length, (from + 1) * length),
        })),
      ),
    read: (indices) => {
      const pixels = new Uint8Array(indices.length * length)
      indices.forEach((from, to) => {
        pixels.set(data.subarray(from * length, (from + 1) * length), to * length)
      })
      return pixels
    },
  }
}

/** Pictures each of a colour of its own, so that there is something to recognise. */
export function colouredPictures(size: number, side: number): PixelStore {
  const uniform = uniformStream(4)
  return pictureStore(size, side, (picture, place) => 20 + (((picture + 1) * [37, 91, 143][place % 3]!) % 200) + 30 * uniform()) // prettier-ignore
}

/** A convolution, a batch norm and a pool. */
export const tinyBackbone: Graph = {
  architecture: 'tiny',
  inputShape: [32, 32, 3],
  nodes: [
    { op: 'conv', filters: 16, kernel: [5, 5], strides: [4, 4], padding: 'same', bias: false, name: 'conv', inputs: ['input'], stage: 'stem' }, // prettier-ignore
    { op: 'batchNorm', epsilon: 1e-3, momentum: 0.9, scale: true, center: true, name: 'bn', inputs: ['conv'], stage: 'stem' }, // prettier-ignore
    { op: 'activation', activation: 'relu', name: 'relu', inputs: ['bn'], stage: 'stem' },
    { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: ['relu'], stage: 'stem' },
  ],
  featureNode: 'pool',
  featureWidth: 16,
  lastSpatialNode: 'relu',
}

/** A head of two layers. */
export const smallHead = { widths: [32, 16], batchNorm: 'none', momentum: 0.9 } as const

/** A run of SimCLR on coloured pictures that learns; parts can be replaced. */
export function tinyRun(
  engine: Engine,
  { options = {}, ...others }: Omit<Partial<FrameInput>, 'options'> & { readonly options?: Partial<FrameOptions> } = {},
): FrameInput {
  return {
    engine,
    method: simclrMethod(smallHead, 0.5),
    graph: tinyBackbone,
    weights: initWeights(tinyBackbone, 2),
    pixels: colouredPictures(17, 32),
    preprocessing: 'tf',
    seed: 'test',
    ...others,
    options: {
      epochs: 2,
      batchSize: 8,
      learningRate: 1e-2,
      views: { ...viewPresets.grayscale, jitter: 0 },
      ...options,
    },
  }
}
