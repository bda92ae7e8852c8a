import { createRng } from '@etsef/plugin-api'

/**
 * Labels dealt anew among groups: a control in which nothing can be learned, and any score above chance is a leak.
 *
 * Rows of one group and class stay together (they get one label), so that similar images of a patient still agree and the control is
 * as hard to cheat as the data itself. The number of groups per class is kept.
 *
 * @param labels - Class index per row.
 * @param groups - Group per row.
 * @param seed - Which permutation.
 * @returns New labels, in row order.
 */
export function permuteLabels(labels: ArrayLike<number>, groups: readonly string[], seed: number): Int32Array {
  const units = new Map<string, number>()
  const unitOf = groups.map((group, row) => `${String(labels[row]!)}\u0000${group}`)
  unitOf.forEach((unit, row) => units.set(unit, labels[row]!))
  const dealt = createRng(seed, 'permute-labels').shuffle([...units.values()])
  const newLabel = new Map([...units.keys()].map((unit, index) => [unit, dealt[index]!]))
  return Int32Array.from(unitOf, (unit) => newLabel.get(unit)!)
}
