/** What prediction sets promise: that they hold the true class often on the whole (`marginal`), or within each class. */
export const setKinds = ['marginal', 'classConditional'] as const

/** One of {@link setKinds}. */
export type SetKind = (typeof setKinds)[number]
