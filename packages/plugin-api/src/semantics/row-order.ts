import type { Rows } from '../payload/rows.js'
import { opaqueId } from './opaque-names.js'

/**
 * What rows are ordered by wherever they are stored: their opaque names. A folder lists its classes one after the other, so the place of
 * a row in its source tells its class; the order of digests tells nothing, is the same for the same rows however they came, and puts
 * neither a class nor a partition into a batch of its own.
 */
export function orderKeys(rows: Pick<Rows, 'ids' | 'sourceIds'>): string[] {
  return rows.ids.map((id, index) => opaqueId(id, rows.sourceIds[index]!))
}

/** Positions of rows in the order of their keys; equal keys stay as they are. */
export function sortedPositions(keys: readonly string[]): number[] {
  return Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b))
}
