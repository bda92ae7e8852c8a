import { preprocess, preprocessingOf } from '@etsef/nn'
import { expect, test } from 'vitest'

/** One orange pixel, RGB in [0, 255]. */
const pixel = [255, 128, 0]

/** `cv2.imread` and nothing else: BGR in [0, 255]. */
const notebookInput = (rgb: readonly number[]): number[] => [...rgb].reverse()

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4) as number)

test('S6: what the notebooks feed is in no network’s contract', () => {
  for (const [name, variant] of [
    ['xception', 'keras'],
    ['inceptionResnetV2', 'keras'],
    ['resnet101', 'torch'],
  ] as const) {
    const right = preprocess(pixel, preprocessingOf(name, { variant }))
    notebookInput(pixel).forEach((value, c) => {
      expect(Math.abs(value - right[c]!), `${name}, channel ${String(c)}`).toBeGreaterThan(0.9)
    })
  }
})

test('S6: Xception and InceptionResNetV2 of Keras get RGB in [−1, 1]', () => {
  for (const name of ['xception', 'inceptionResnetV2']) {
    expect([...preprocess(pixel, preprocessingOf(name, { variant: 'keras' }))]).toEqual(close([1, 128 / 127.5 - 1, -1]))
  }
})

test('S6: networks of torchvision get ImageNet’s mean and deviation', () => {
  const expected = [(1 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, -0.406 / 0.225]
  for (const name of ['resnet101', 'mobilenetV3Large', 'efficientnetB0']) {
    expect([...preprocess(pixel, preprocessingOf(name, { variant: 'torch' }))]).toEqual(close(expected))
  }
})

test('S6: ResNet of Keras gets BGR less the mean, and only that one', () => {
  expect([...preprocess(pixel, preprocessingOf('resnet101', { variant: 'keras' }))]).toEqual(
    close([-103.939, 128 - 116.779, 255 - 123.68]),
  )
})

test('S6: the pixels given are left alone, so nothing is scaled twice', () => {
  const pixels = Float32Array.from(pixel)
  preprocess(pixels, 'tf')
  expect([...pixels]).toEqual(pixel)
})
