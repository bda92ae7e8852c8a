import type { AttributionBatch, PredictionBatch } from '@etsef/plugin-api'

/** A row that is drawn. */
export interface PicturedRow {
  readonly id: string
  /** Position of its map; undefined for one that no map explains. */
  readonly map: number | undefined
}

/**
 * Rows that are drawn, in their order: those that the predictions have wrong and a map explains, those that they have wrong without one, the rest of
 * the maps. Without predictions, maps as they come.
 */
export function picturedRows(
  attributions: Pick<AttributionBatch, 'ids' | 'partitions'>,
  predictions: PredictionBatch | undefined,
): PicturedRow[] {
  const maps = attributions.ids.map((id, map): PicturedRow & { readonly map: number } => ({ id, map }))
  if (predictions === undefined) return maps
  const { ids, labels, predicted, partitions } = predictions
  const explained = new Set(attributions.ids)
  // What stands in other partitions was not to be explained.
  const looked = new Set(attributions.partitions)
  const wrong = ids.filter(
    (_, row) => labels[row]! >= 0 && predicted[row] !== labels[row] && looked.has(partitions[row]!),
  )
  const isWrong = new Set(wrong)
  return [
    ...maps.filter(({ id }) => isWrong.has(id)),
    ...wrong.filter((id) => !explained.has(id)).map((id): PicturedRow => ({ id, map: undefined })),
    ...maps.filter(({ id }) => !isWrong.has(id)),
  ]
}
