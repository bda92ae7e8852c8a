import type { Rng } from '@etsef/plugin-api'
import { direction, smooth } from './noise.js'

/** Kinds of lesion, which are the classes of the task. `normal` has none. */
export const lesionKinds = ['normal', 'nodule', 'ring', 'diffuse', 'cyst', 'cluster'] as const

/** One of {@link lesionKinds}. */
export type LesionKind = (typeof lesionKinds)[number]

/** A lesion in coordinates where the picture is [−1, 1]². */
export interface Lesion {
  readonly kind: LesionKind
  readonly blobs: readonly Blob[]
}

/** A disc with a wavy outline. */
export interface Blob {
  readonly x: number
  readonly y: number
  readonly radius: number
  /** Two-fold and three-fold waviness of the outline, shares of the radius. */
  readonly waves: readonly [number, number]
  /** Direction that the waves are turned to. */
  readonly axis: readonly [number, number]
}

/** A lesion's effect at a point. */
export interface LesionEffect {
  /** Intensity change in units of the lesion's contrast, in [−1, 1]. */
  readonly change: number
  /** Whether the point belongs to the lesion. */
  readonly isInside: boolean
}

/**
 * Where and how large a patient's lesion is.
 *
 * @param scale - Factor of its radius.
 */
export function drawLesion(kind: LesionKind, rng: Rng, scale = 1): Lesion {
  if (kind === 'normal') return { kind, blobs: [] }
  const [c, s] = direction(rng)
  const distance = rng.uniform(0.15, 0.5)
  const centre = { x: c * distance, y: s * distance }
  const radius = rng.uniform(0.17, 0.28) * scale
  const waviness = kind === 'diffuse' ? 0.28 : 0.09
  const blob = (x: number, y: number, size: number): Blob => ({
    x,
    y,
    radius: size,
    waves: [rng.uniform(-waviness, waviness), rng.uniform(-waviness, waviness)],
    axis: direction(rng),
  })
  if (kind === 'cluster') {
    const blobs = Array.from({ length: 4 + rng.integer(3) }, () => {
      const [dx, dy] = direction(rng)
      const away = rng.uniform(0.5, 1.1) * radius
      return blob(centre.x + dx * away, centre.y + dy * away, radius * rng.uniform(0.24, 0.36))
    })
    return { kind, blobs }
  }
  return { kind, blobs: [blob(centre.x, centre.y, kind === 'diffuse' ? radius * 1.4 : radius)] }
}

/** The lesion as another slice of the same patient shows it: a little moved and larger or smaller. */
export function varyLesion(lesion: Lesion, rng: Rng): Lesion {
  const [dx, dy, scale] = [rng.uniform(-0.04, 0.04), rng.uniform(-0.04, 0.04), rng.uniform(0.8, 1.2)]
  return {
    ...lesion,
    blobs: lesion.blobs.map((blob) => ({ ...blob, x: blob.x + dx, y: blob.y + dy, radius: blob.radius * scale })),
  }
}

/** What the lesion does at a point. */
export function lesionAt({ kind, blobs }: Lesion, x: number, y: number): LesionEffect {
  let change = 0
  let isInside = false
  for (const blob of blobs) {
    const depth = depthIn(blob, x, y)
    if (depth >= 1.8) continue
    isInside ||= depth <= 1
    const own = profiles[kind](depth)
    if (Math.abs(own) > Math.abs(change)) change = own
  }
  return { change, isInside }
}

/** 0 at the centre, 1 on the outline. */
function depthIn({ x: cx, y: cy, radius, waves, axis }: Blob, x: number, y: number): number {
  const [dx, dy] = [x - cx, y - cy]
  const distance = Math.sqrt(dx * dx + dy * dy)
  if (distance === 0) return 0
  if (distance > 2.5 * radius) return 2
  const c = (dx * axis[0] + dy * axis[1]) / distance
  const s = (dy * axis[0] - dx * axis[1]) / distance
  return distance / (radius * (1 + waves[0] * (c * c - s * s) + waves[1] * c * (c * c - 3 * s * s)))
}

/** Change against depth, per kind: solid, bright rim around a dark core, soft, dark, many small. */
const profiles: Readonly<Record<LesionKind, (depth: number) => number>> = {
  normal: () => 0,
  nodule: (depth) => smooth((1.1 - depth) / 0.2),
  ring: (depth) => smooth((1.1 - depth) / 0.2) - 1.5 * smooth((0.72 - depth) / 0.2),
  diffuse: (depth) => smooth((1.7 - depth) / 1.3),
  cyst: (depth) => -smooth((1.1 - depth) / 0.2),
  cluster: (depth) => smooth((1.2 - depth) / 0.4),
}
