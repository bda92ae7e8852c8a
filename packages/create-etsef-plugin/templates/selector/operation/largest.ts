/** Positions of the `count` largest scores, ascending; of equal ones the first. */
export function largest(scores: readonly number[], count: number): readonly number[] {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)
  return order.slice(0, count).sort((a, b) => a - b)
}
