import type { Json } from '@etsef/plugin-api'

/**
 * The way of an image row from its source, as the column `transforms` keeps it: what every operation on the way has added, the source's first.
 * An operation adds up to two entries, or none:
 *
 * 1. where it has several image edges, the index of the one through which the row came;
 * 2. where it has `loadPixels`, what that is told of the row, or `null`.
 *
 * Pixels are loaded from the end of the list: each loader takes its own entries off, and asks the one upstream with the rest.
 */
export type PixelPath = readonly Json[]

/** What an operation adds to the way of a row. */
export interface OwnEntries {
  /** Index of the image edge; `undefined` where the operation has no choice of them. */
  readonly choice: number | undefined
  /** `undefined` where the operation has no `loadPixels`. */
  readonly parameters: Json | undefined
}

/** The way of a row with what an operation adds. */
export function extendPath(path: PixelPath, { choice, parameters }: OwnEntries): PixelPath {
  return [...path, ...(choice === undefined ? [] : [choice]), ...(parameters === undefined ? [] : [parameters])]
}

/** What an operation has added to the way of a row, and how many entries are left for those upstream. */
export function readPath(
  path: PixelPath,
  length: number,
  has: { readonly choice: boolean; readonly loadPixels: boolean },
): { readonly choice: number; readonly parameters: Json; readonly length: number } {
  let left = length
  const parameters = has.loadPixels ? (path[--left] ?? null) : null
  const choice = has.choice ? Number(path[--left] ?? 0) : 0
  return { choice, parameters, length: left }
}
