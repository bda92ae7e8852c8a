import { createRng, type PixelImage } from '@etsef/plugin-api'

/** A smooth picture that its seed decides. */
export function aPicture(seed: number, size = 48, change: (value: number) => number = (value) => value): PixelImage {
  const rng = createRng(seed, 'picture')
  const waves = Array.from({ length: 6 }, () => [rng.uniform(0.5, 4), rng.uniform(0.5, 4), rng.uniform(0, 7)] as const)
  const data = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sum = waves.reduce((all, [u, v, at]) => all + Math.sin((6 * (u * x + v * y)) / size + at), 0)
      data.fill(Math.min(255, Math.max(0, change(128 + 20 * sum))), (y * size + x) * 3, (y * size + x) * 3 + 3)
    }
  }
  return { dtype: 'uint8', shape: [size, size, 3], data }
}
