import { expect, test } from 'vitest'
import { gaussianBlur, gaussianKernel } from './gaussian-blur.js'

const image = [0, 13, 26, 39, 52, 7, 25, 43, 61, 79, 28, 51, 74, 0, 23, 63, 91, 22, 50, 78]

test.each([
  // OpenCV 5.0.0 getGaussianKernel; the first two also torchvision.
  [1, 3, [0.2740686191, 0.4518627619]],
  [0.5, 5, [0.0002638651, 0.106450772, 0.7865707259]],
  [1.7, 9, [0.0148394538, 0.0498172892, 0.1183225062, 0.1988289965, 0.2363835085]],
])('gaussianKernel(%d, %d) has the weights of OpenCV', (sigma, size, half) => {
  const kernel = gaussianKernel(sigma, size)
  half.forEach((weight, i) => {
    expect(kernel[i]).toBeCloseTo(weight, 9)
    expect(kernel[size - 1 - i]).toBe(kernel[i])
  })
})
test('blurs as OpenCV 5.0.0 GaussianBlur with BORDER_REFLECT does', () => {
  const expected = [
    8.462311032, 18.380471802, 31.566381103, 44.009046839, 53.199630981, 18.645352985, 29.294272431, 39.488904432,
    45.725063777, 52.498951773, 38.601669124, 46.166845872, 45.772674468, 42.044095693, 46.345151514, 57.693585681,
    58.850368728, 48.172039997, 45.529834857, 54.55334691,
  ]
  gaussianBlur(image, [4, 5, 1], { sigma: 0.9 }).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 7)
  })
})
test('leaves a constant picture constant and channels apart', () => {
  const blurred = gaussianBlur(
    Uint8Array.from({ length: 75 }, (_, i) => (i % 3) * 50),
    [5, 5, 3],
    { sigma: 1.3 },
  )
  blurred.forEach((value, i) => {
    expect(value).toBeCloseTo((i % 3) * 50, 10)
  })
})
