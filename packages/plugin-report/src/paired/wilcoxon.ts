import { normalTwoSided } from '@etsef/distributions'

/** Wilcoxon signed-rank test. */
export interface WilcoxonResult {
  /** The smaller of the two rank sums. */
  readonly w: number
  /** Two-sided p value: exact permutation distribution (ties included) up to 50 differences, normal above. */
  readonly p: number
  /** Differences that are not 0. */
  readonly numUsed: number
}

const EXACT_LIMIT = 50

/**
 * Wilcoxon signed-rank test of paired scores; zero differences are dropped, equal ones share their mean rank.
 *
 * Differences closer than 1e-12 count as equal, so 0.93 − 0.90 and 0.88 − 0.85 tie as written.
 *
 * @param first - Scores `[n]`.
 * @param second - Scores `[n]` of the same folds or data sets.
 * @throws RangeError when lengths differ.
 */
export function wilcoxonSignedRank(first: ArrayLike<number>, second: ArrayLike<number>): WilcoxonResult {
  if (first.length !== second.length) throw new RangeError(`lengths differ: ${first.length} and ${second.length}`)
  const differences = Array.from({ length: first.length }, (_, i) => first[i]! - second[i]!)
    .filter((d) => Math.abs(d) > 1e-12)
    .sort((a, b) => Math.abs(a) - Math.abs(b))
  const doubledRanks = midranksDoubled(differences)
  let plus = 0
  let all = 0
  doubledRanks.forEach((rank, i) => {
    all += rank
    if (differences[i]! > 0) plus += rank
  })
  const smaller = Math.min(plus, all - plus)
  const n = differences.length
  const p = n === 0 ? 1 : n <= EXACT_LIMIT ? exactP(doubledRanks, all, smaller) : normalP(doubledRanks, all, smaller)
  return { w: smaller / 2, p, numUsed: n }
}

/** Twice the midranks, so that they stay whole numbers under ties. */
function midranksDoubled(sorted: readonly number[]): number[] {
  const ranks = new Array<number>(sorted.length)
  for (let start = 0; start < sorted.length;) {
    let end = start + 1
    while (end < sorted.length && Math.abs(sorted[end]!) - Math.abs(sorted[start]!) < 1e-12) end++
    ranks.fill(start + end + 1, start, end)
    start = end
  }
  return ranks
}

/** Counts sign patterns by their rank sum. */
function exactP(doubledRanks: readonly number[], all: number, smaller: number): number {
  let ways = new Float64Array(all + 1)
  ways[0] = 1
  for (const rank of doubledRanks) {
    const next = ways.slice()
    for (let sum = rank; sum <= all; sum++) next[sum] = next[sum]! + ways[sum - rank]!
    ways = next
  }
  let tail = 0
  for (let sum = 0; sum <= smaller; sum++) tail += ways[sum]!
  return Math.min(1, (2 * tail) / 2 ** doubledRanks.length)
}

function normalP(doubledRanks: readonly number[], all: number, smaller: number): number {
  const variance = doubledRanks.reduce((sum, rank) => sum + (rank / 2) ** 2, 0) / 4
  return normalTwoSided((smaller / 2 - all / 4) / Math.sqrt(variance))
}
