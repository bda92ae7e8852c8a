import type { Rng } from '@etsef/plugin-api'

/** A smooth random function of the plane. */
export type Field = (x: number, y: number) => number

/**
 * Value noise: random values on a lattice, blended smoothly between; mean 0, in (−1, 1).
 *
 * Additions and products only, so the values are the same bits on every machine.
 *
 * @param cells - Lattice cells across [−1, 1]; more cells, finer texture.
 */
export function valueNoise(rng: Rng, cells: number): Field {
  const side = cells + 2
  const lattice = Float64Array.from({ length: side * side }, () => 2 * rng.next() - 1)
  return (x, y) => {
    const u = clamp(((x + 1) / 2) * cells, 0, cells)
    const v = clamp(((y + 1) / 2) * cells, 0, cells)
    const [i, j] = [Math.floor(u), Math.floor(v)]
    const [a, b] = [smooth(u - i), smooth(v - j)]
    const at = j * side + i
    const top = lattice[at]! + (lattice[at + 1]! - lattice[at]!) * a
    const bottom = lattice[at + side]! + (lattice[at + side + 1]! - lattice[at + side]!) * a
    return top + (bottom - top) * b
  }
}

/** A random number of mean 0 and standard deviation 1, nearly normal: four uniforms, so no logarithm whose last bit differs between machines. */
export function nearlyNormal(rng: Rng): number {
  return (rng.next() + rng.next() + rng.next() + rng.next() - 2) * 1.7320508075688772
}

/** A random direction as a unit vector, of rational form: no sine or cosine. */
export function direction(rng: Rng): readonly [number, number] {
  const t = rng.uniform(-1, 1)
  const [c, s] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)]
  const quarter = rng.integer(2)
  const sign = rng.integer(2) === 0 ? 1 : -1
  return quarter === 0 ? [sign * c, sign * s] : [-sign * s, sign * c]
}

/** 0 at t ≤ 0, 1 at t ≥ 1, smooth between. */
export function smooth(t: number): number {
  const u = clamp(t, 0, 1)
  return u * u * (3 - 2 * u)
}

/** The number, held in [low, high]. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
