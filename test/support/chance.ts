/** Shares that a guesser of balanced classes reaches in `level` of all cases (normal approximation; default 99.9 %: a fixed seed should not fail by bad luck). */
export function chanceBand(
  numClasses: number,
  numSamples: number,
  z = 3.29,
): { readonly low: number; readonly high: number } {
  const chance = 1 / numClasses
  const half = z * Math.sqrt((chance * (1 - chance)) / numSamples)
  return { low: chance - half, high: chance + half }
}

/** Share of equal entries. */
export function accuracy(yTrue: ArrayLike<number>, yPred: ArrayLike<number>): number {
  let hits = 0
  for (let i = 0; i < yTrue.length; i++) if (yTrue[i] === yPred[i]) hits++
  return hits / yTrue.length
}
