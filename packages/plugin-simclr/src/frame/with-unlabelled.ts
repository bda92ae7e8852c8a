import { concatImages, hiddenLabel, type ImageBatch } from '@etsef/plugin-api'

/** Labelled pictures, and after them those of other sets, whose classes are other questions: no label of theirs is kept. */
export function withUnlabelled(labelled: ImageBatch, others: readonly ImageBatch[]): ImageBatch {
  if (others.length === 0) return labelled
  const { classNames } = labelled
  const blanked = others.map((other): ImageBatch => ({
    ...other,
    classNames,
    labels: new Int32Array(other.ids.length).fill(hiddenLabel),
  }))
  return concatImages([labelled, ...blanked])
}
