import type { ImageBatch } from '@etsef/plugin-api'

/** A row of a sheet: a picture, and the rows that are copies of it. */
export interface SheetRow {
  readonly row: number
  readonly copies: readonly number[]
}

/** Which pictures a sheet shows: originals of train rows where there are any, in turns of each class, spread over its rows. */
export function chooseRows(images: Omit<ImageBatch, 'load'>, count: number): SheetRow[] {
  const { ids, parentIds, partitions, labels } = images
  const hasTrain = partitions.includes('train')
  const copies = new Map<string, number[]>()
  const classes = new Map<number, number[]>()
  for (const [row, id] of ids.entries()) {
    if (hasTrain && partitions[row] !== 'train') continue
    if (parentIds[row] === id) classes.set(labels[row]!, [...(classes.get(labels[row]!) ?? []), row])
    else copies.set(parentIds[row]!, [...(copies.get(parentIds[row]!) ?? []), row])
  }
  const groups = [...classes].sort(([a], [b]) => a - b).map(([, rows]) => rows)
  const chosen: number[] = []
  for (const [index, rows] of groups.entries()) {
    const share = Math.min(rows.length, Math.floor(count / groups.length) + (index < count % groups.length ? 1 : 0))
    for (let i = 0; i < share; i++) chosen.push(rows[Math.floor((i * rows.length) / share)]!)
  }
  return chosen.map((row) => ({ row, copies: copies.get(ids[row]!) ?? [] }))
}
