import type { Json } from '@etsef/plugin-api'

/**
 * The pixel path of an image row, as the column `transforms` keeps it: what each operation from the source down to here has added for the
 * row, the source's entries first. Example: with a rotation by 90° of a picture from a folder, `[null, { "degrees": 90 }]`.
 * An operation adds up to two entries, or none:
 *
 * 1. where it has several image edges, the index of the one through which the row came;
 * 2. where it has `loadPixels`, the parameters of the row that `loadPixels` gets, or `null`.
 *
 * Pixels are loaded from the end of the list: each loader takes its own entries off, and asks the one upstream with the rest.
 */
export type PixelPath = readonly Json[]

/** What an operation adds to the pixel path of a row. */
export interface OwnEntries {
  /** Index of the image edge; `undefined` where the operation has no choice of them. */
  readonly choice: number | undefined
  /** `undefined` where the operation has no `loadPixels`. */
  readonly parameters: Json | undefined
}

/** The pixel path of a row with what an operation adds. */
export function extendPath(path: PixelPath, { choice, parameters }: OwnEntries): PixelPath {
  return [...path, ...(choice === undefined ? [] : [choice]), ...(parameters === undefined ? [] : [parameters])]
}

/** What an operation has added to the pixel path of a row, and how many entries are left for the operations upstream. */
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
