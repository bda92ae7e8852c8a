import { permutationTest } from '@etsef/distributions'
import type { Rng } from '@etsef/plugin-api'
import type { Candidate, Judged } from './judged.js'

/** How the answers of an input stand among those of a guesser. */
export interface ChanceTest {
  /** Two-sided p of the exact permutation test of balanced accuracy. */
  readonly chanceP: number
  /** 1 where p is above 0.05, else 0: its mean over runs is the share of runs inside the 95 % band. */
  readonly withinChance: 0 | 1
}

/**
 * Tests whether an input knows anything of the rows' classes: their labels are dealt anew among groups, its answers stay. An abstention is
 * right for no label.
 *
 * @param options - `deals`: at least 39 for p to come below 0.05; every input gets the same deals.
 */
export function chanceTest(
  { yTrue, groups, classNames }: Judged,
  { yPred }: Candidate,
  { deals, rng }: { readonly deals: number; readonly rng: Rng },
): ChanceTest {
  // Images of one patient in two classes are two units: their labels were given apart.
  const units = groups.map((group, row) => `${String(yTrue[row])} ${group}`)
  const rows = { labels: yTrue, predicted: yPred, units, numClasses: classNames.length }
  const { p } = permutationTest(rows, { deals, shuffle: (labels) => rng.shuffle(labels) })
  return { chanceP: p, withinChance: p > 0.05 ? 1 : 0 }
}
