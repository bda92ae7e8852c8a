/** Rows of a class. */
export interface Count {
  readonly right: number
  readonly all: number
}

/** For each class, its rows that count, and how many of them were predicted right. */
export function rightByClass(
  labels: Int32Array,
  predicted: Int32Array,
  { numClasses, isCounted }: { readonly numClasses: number; readonly isCounted: (row: number) => boolean },
): readonly Count[] {
  const counts = Array.from({ length: numClasses }, () => ({ right: 0, all: 0 }))
  labels.forEach((label, row) => {
    const count = counts[label]
    if (!count || !isCounted(row)) return
    count.all++
    if (predicted[row] === label) count.right++
  })
  return counts
}
