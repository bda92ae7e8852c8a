import type { Rng } from '@etsef/plugin-api'
import { direction, smooth, valueNoise, type Field } from './noise.js'

/** Imaging modalities that phantoms imitate. `brain-t1` and `brain-t2` show the same anatomy with other contrast. */
export const modalities = ['brain-t1', 'brain-t2', 'fundus'] as const

/** One of {@link modalities}. */
export type Modality = (typeof modalities)[number]

/** A patient without lesion: what is seen at a point. */
export interface Anatomy {
  /** Intensity in about [0, 1]. */
  readonly intensity: Field
  /** 1 in tissue, 0 outside, smooth between: lesions show in tissue only. */
  readonly tissue: Field
  /** Colour of intensity 1: red, green, blue in [0, 1]. */
  readonly tint: readonly [number, number, number]
}

/** Grey values of the parts of a head: background, skull, brain, fluid, fold contrast. */
const contrasts = {
  'brain-t1': { skull: 0.75, brain: 0.48, fluid: 0.22, folds: 0.1 },
  'brain-t2': { skull: 0.3, brain: 0.38, fluid: 0.72, folds: -0.1 },
} as const

/** Draws a patient. Equal generators give equal patients. */
export function drawAnatomy(modality: Modality, rng: Rng): Anatomy {
  return modality === 'fundus' ? drawFundus(rng) : drawHead(modality, rng)
}

function drawHead(modality: 'brain-t1' | 'brain-t2', rng: Rng): Anatomy {
  const { skull, brain, fluid, folds } = contrasts[modality]
  const [a, b] = [rng.uniform(0.66, 0.8), rng.uniform(0.78, 0.92)]
  const [ox, oy, turn] = [rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06), rng.uniform(-0.15, 0.15)]
  const [ventricleA, ventricleB, gap] = [rng.uniform(0.05, 0.1), rng.uniform(0.16, 0.28), rng.uniform(0.1, 0.15)]
  const coarse = valueNoise(rng, 5)
  const fine = valueNoise(rng, 14)
  const gain = rng.uniform(0.8, 1.2)
  const [sx, sy] = [rng.uniform(-0.15, 0.15), rng.uniform(-0.15, 0.15)]
  const depth: Field = (x, y) => {
    const [u, v] = [x - ox + turn * (y - oy), y - oy - turn * (x - ox)]
    return Math.sqrt((u * u) / (a * a) + (v * v) / (b * b))
  }
  const tissue: Field = (x, y) => smooth((0.9 - depth(x, y)) / 0.06)
  return {
    tissue,
    tint: [1, 1, 1],
    intensity: (x, y) => {
      const at = depth(x, y)
      const bone = smooth((1.02 - at) / 0.05) * skull
      const inBrain = smooth((0.9 - at) / 0.06)
      const u = Math.abs(x - ox) - gap
      const v = y - oy
      const inFluid = smooth(
        (1.1 - Math.sqrt((u * u) / (ventricleA * ventricleA) + (v * v) / (ventricleB * ventricleB))) / 0.4,
      )
      const parenchyma = brain + folds * fine(x, y) + 0.08 * coarse(x, y)
      const inside = parenchyma + (fluid - parenchyma) * inFluid
      return (bone + (inside - bone) * inBrain) * gain * (1 + sx * x + sy * y)
    },
  }
}

function drawFundus(rng: Rng): Anatomy {
  const side = rng.integer(2) === 0 ? 1 : -1
  const disc = { x: side * rng.uniform(0.42, 0.56), y: rng.uniform(-0.1, 0.1), radius: rng.uniform(0.13, 0.19) }
  const vessels = Array.from({ length: 6 }, () => {
    const [c, s] = direction(rng)
    return { c, s, bend: rng.uniform(-0.5, 0.5), width: rng.uniform(0.012, 0.028) }
  })
  const texture = valueNoise(rng, 9)
  const gain = rng.uniform(0.75, 1.1)
  const level = rng.uniform(0.42, 0.55)
  const tissue: Field = (x, y) => smooth((0.95 - Math.sqrt(x * x + y * y)) / 0.04)
  return {
    tissue,
    tint: [1, rng.uniform(0.5, 0.62), rng.uniform(0.22, 0.36)],
    intensity: (x, y) => {
      const [dx, dy] = [x - disc.x, y - disc.y]
      const inDisc = smooth((1.15 - Math.sqrt(dx * dx + dy * dy) / disc.radius) / 0.3)
      let dark = 0
      for (const { c, s, bend, width } of vessels) {
        const along = dx * c + dy * s
        if (along < 0) continue
        const off = Math.abs(dy * c - dx * s - bend * along * along)
        dark = Math.max(dark, smooth((1.5 - off / width) / 1))
      }
      return (
        (level + 0.06 * texture(x, y) + 0.38 * inDisc - 0.16 * dark) *
        (1 - 0.25 * (x * x + y * y)) *
        gain *
        tissue(x, y)
      )
    },
  }
}
