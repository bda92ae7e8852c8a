import { createRng, type Rng } from '@etsef/plugin-api'
import type { Augmentation } from '../pixels/augment-pixels.js'

/** Operations that a copy may undergo. */
export const operationNames = ['rotate', 'flip', 'zoom', 'blur'] as const

/** One of {@link operationNames}. */
export type OperationName = (typeof operationNames)[number]

/** From what augmentations are drawn. */
export interface AugmentationRanges {
  readonly operations: readonly OperationName[]
  /** Rotation is uniform in ± this. */
  readonly rotationDegrees: number
  /** Zoom is uniform in [low, high]. */
  readonly zoom: readonly [low: number, high: number]
  /** Blur is uniform in [low, high] pixels. */
  readonly blurSigma: readonly [low: number, high: number]
}

/**
 * A random augmentation that changes something.
 *
 * Each listed operation is used with probability ½ (rotation and zoom always, when listed: their ranges hold 'hardly at all'). When all were left
 * out, one of the listed is used.
 */
export function drawAugmentation(
  { operations, rotationDegrees, zoom, blurSigma }: AugmentationRanges,
  rng: Rng,
): Augmentation {
  const isUsed = new Map(operations.map((name) => [name, name === 'rotate' || name === 'zoom' || rng.next() < 0.5]))
  if (![...isUsed.values()].includes(true)) isUsed.set(operations[rng.integer(operations.length)]!, true)
  return {
    rotationDegrees: isUsed.get('rotate') ? rng.uniform(-rotationDegrees, rotationDegrees) : 0,
    isFlipped: isUsed.get('flip') ?? false,
    zoom: isUsed.get('zoom') ? rng.uniform(...zoom) : 1,
    blurSigma: isUsed.get('blur') ? rng.uniform(...blurSigma) : 0,
  }
}

/** How many copies are wanted. */
export interface CopyPlan {
  /** Copies of every image. */
  readonly copies: number
  /** Further copies of the smaller classes, until every class has as many rows as the largest. */
  readonly balance: boolean
}

/**
 * Number of copies to make of each row.
 *
 * Every row of a class gets the same number, or one more: those that get one more are drawn at random.
 *
 * @param labels - Class index per row.
 * @param isTrain - Whether the row may be copied.
 * @param rng - Draws who gets one more.
 */
export function countCopies(
  labels: ArrayLike<number>,
  isTrain: readonly boolean[],
  { copies, balance }: CopyPlan,
  rng: Rng,
): Int32Array {
  const rowsOfClass = new Map<number, number[]>()
  isTrain.forEach((isCopied, row) => {
    if (isCopied) rowsOfClass.set(labels[row]!, [...(rowsOfClass.get(labels[row]!) ?? []), row])
  })
  const largest = Math.max(0, ...[...rowsOfClass.values()].map((rows) => rows.length))
  const counts = new Int32Array(isTrain.length)
  for (const [label, rows] of rowsOfClass) {
    const wanted = balance ? largest * (1 + copies) - rows.length : rows.length * copies
    const shuffled = rng.fork(label).shuffle(rows)
    for (let i = 0; i < wanted; i++) counts[shuffled[i % rows.length]!]!++
  }
  return counts
}

/** A copy: its id, and what is done to it. */
export interface Copy {
  readonly id: string
  readonly parent: number
  readonly augmentation: Augmentation
}

/**
 * Copies with ids `<parent id>~<k>`, k from 1, and augmentations that depend on the seed, the parent's id and k only.
 *
 * @param counts - Copies per row.
 */
export function planCopies(
  ids: readonly string[],
  counts: ArrayLike<number>,
  ranges: AugmentationRanges,
  seed: string,
): Copy[] {
  const taken = new Set(ids)
  return ids.flatMap((parentId, parent) =>
    Array.from({ length: counts[parent]! }, (_, k) => {
      let id = `${parentId}~${String(k + 1)}`
      while (taken.has(id)) id = `${id}~`
      taken.add(id)
      return { id, parent, augmentation: drawAugmentation(ranges, createRng(seed, parentId, k)) }
    }),
  )
}
