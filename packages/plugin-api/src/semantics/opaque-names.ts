import { hash } from 'node:crypto'
import type { Json } from '../json.js'
import type { StoredBatch } from '../payload/stored.js'

const digits = 24

/** Finds opaque names in a text. */
export const opaqueName = new RegExp(`(?:row|group)-[0-9a-f]{${String(digits)}}`, 'g')

/**
 * The id of a row as an operation sees it that must not know its label: file names and generated ids often hold the class.
 *
 * The same in every stage, run and store for the same id and image, whatever rows stand beside it: seeds per row, states that remember
 * rows and joins by id stay valid. A copy has its original's image, so its parent's name follows from the parent's id.
 */
export function opaqueId(id: string, sourceId: string): string {
  return `row-${digest(`${sourceId}\u0000${id}`)}`
}

/** The name of a group as such an operation sees it; no group stays no group. */
export function opaqueGroup(group: string): string {
  return group === '' ? '' : `group-${digest(`group\u0000${group}`)}`
}

/** A batch under opaque names, without the places of its pictures and what was done to them. */
export function hideNames(batch: StoredBatch): StoredBatch {
  const ids = batch.ids.map((id, index) => opaqueId(id, batch.sourceIds[index]!))
  const named = { ...batch, ids, groups: batch.groups.map(opaqueGroup) }
  if (named.kind !== 'images') return named
  const parentIds = named.parentIds.map((parent, index) =>
    parent === batch.ids[index] ? ids[index]! : opaqueId(parent, batch.sourceIds[index]!),
  )
  return { ...named, parentIds, uris: ids, transforms: ids.map(() => noTransforms) }
}

const noTransforms: readonly Json[] = []

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, digits)
}
