/** Kinds of operations that there are templates of, with the name that each has there. */
export const kinds = {
  selector: 'top-variance',
  classifier: 'nearest-mean',
  map: 'mean-colour',
  augmentation: 'mirror-copies',
  report: 'count-right',
} as const

/** Name of a kind. */
export type Kind = keyof typeof kinds

/** Whether there are templates of the kind. */
export function isKind(text: string | undefined): text is Kind {
  return text !== undefined && Object.hasOwn(kinds, text)
}
