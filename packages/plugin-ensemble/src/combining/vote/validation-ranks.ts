import type { PredictionBatch } from '@etsef/plugin-api'

/**
 * Rank of each member on the validation rows, 1 the best: by correct rows, then by summed score of the true class.
 *
 * @returns `undefined` without labelled validation rows. Members that are equal in both share the order of the inputs.
 */
export function validationRanks(members: readonly PredictionBatch[]): number[] | undefined {
  const first = members[0]
  if (first === undefined) return undefined
  const rows = first.partitions.flatMap((partition, i) => (partition === 'val' && first.labels[i]! >= 0 ? [i] : []))
  if (rows.length === 0) return undefined
  const merits = members.map(({ predicted, scores, classNames }) => ({
    correct: rows.filter((i) => predicted[i] === first.labels[i]).length,
    confidence: rows.reduce((sum, i) => sum + scores[i * classNames.length + first.labels[i]!]!, 0),
  }))
  const order = merits
    .map((_, m) => m)
    .sort((a, b) => merits[b]!.correct - merits[a]!.correct || merits[b]!.confidence - merits[a]!.confidence || a - b)
  const ranks = new Array<number>(members.length)
  order.forEach((m, at) => (ranks[m] = at + 1))
  return ranks
}
