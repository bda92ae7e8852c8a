import { PipelineError, createRng, type Partition, type Rng } from '@etsef/plugin-api'

/** A partition that rows may be assigned to. */
export type SplitPartition = Exclude<Partition, 'none'>

/** Shares of the rows per partition; they sum to 1. A share of 0 leaves the partition out. */
export type SplitFractions = Readonly<Record<SplitPartition, number>>

/** What {@link splitGroups} splits. */
export interface SplitArguments {
  /** Class index per row, in `[0, numClasses)`. */
  readonly labels: ArrayLike<number>
  /** Group per row; rows of one group stay together. */
  readonly groups: readonly string[]
  readonly classNames: readonly string[]
  readonly fractions: SplitFractions
  readonly seed: string | number
}

interface Unit {
  readonly group: string
  /** Rows per class. */
  readonly counts: Int32Array
  readonly size: number
}

const order: readonly SplitPartition[] = ['train', 'val', 'test']

/**
 * Partition per row: no group in two partitions, every class in every partition, class counts as near to the fractions as groups allow.
 *
 * Groups in random order, large ones first, each go where the squared distance to the wanted counts shrinks most; then moves and swaps
 * improve until none helps. The distance of a cell (partition, class) is `(count − wanted)² / rows of the class`, so that rare classes weigh
 * as much as common ones. For groups of one row every count is within 1 of the wanted one.
 *
 * @returns Partition per row, in row order. Depends on the seed and on the set of groups, not on their order.
 * @throws PipelineError `ERR_IMPOSSIBLE_SPLIT` naming class and counts when a class has fewer groups than there are partitions, or
 *   no assignment with every class in every partition is found; `ERR_BAD_OPTION` when fractions do not sum to 1.
 */
export function splitGroups({ labels, groups, classNames, fractions, seed }: SplitArguments): Partition[] {
  const partitions = order.filter((partition) => fractions[partition] > 0)
  const sum = order.reduce((total, partition) => total + fractions[partition], 0)
  if (Math.abs(sum - 1) > 1e-9) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: 'The fractions of a split must sum to 1',
      expected: 'train + val + test = 1',
      received: String(sum),
    })
  }
  return assign({
    labels,
    groups,
    classNames,
    parts: partitions.map((name) => ({ name, share: fractions[name] })),
    seed,
    hints: {
      tooFew: 'leave a partition out (val: 0 or test: 0), add patients, or leave the class out',
      none: 'use fewer partitions (val: 0), other fractions, or more groups',
    },
  })
}

/** What rows are dealt to, and what may be done where that is impossible. */
interface Parts<Name> {
  readonly labels: ArrayLike<number>
  readonly groups: readonly string[]
  readonly classNames: readonly string[]
  /** Shares sum to 1. */
  readonly parts: readonly { readonly name: Name; readonly share: number }[]
  readonly seed: string | number
  readonly hints: { readonly tooFew: string; readonly none: string }
}

/** Part per row, as {@link splitGroups} has it for partitions. */
export function assign<Name extends string>({ labels, groups, classNames, parts, seed, hints }: Parts<Name>): Name[] {
  const names = parts.map(({ name }) => name)
  const units = unitsOf(labels, groups, classNames.length)
  refuseTooFewGroups(units, classNames, names, hints.tooFew)
  const rng = createRng(seed, 'split')
  let best: Assignment | undefined
  for (let attempt = 0; attempt < 8; attempt++) {
    const assignment = new Assignment(
      rng.shuffle(units),
      classNames.length,
      parts.map(({ share }) => share),
    )
    assignment.fill()
    assignment.improve(rng)
    if (!best || assignment.cost() < best.cost() - 1e-12) best = assignment
    if (best.missing() === undefined) break
  }
  const missing = best?.missing()
  if (missing) {
    throw new PipelineError('ERR_IMPOSSIBLE_SPLIT', {
      message: `No split found in which every partition holds every class: "${classNames[missing.label]!}" is missing in ${names[missing.partition]!}`,
      received: describeGroups(units, classNames, missing.label),
      hint: hints.none,
    })
  }
  const partitionOf = best!.partitionByGroup(names)
  return groups.map((group) => partitionOf.get(group)!)
}

function unitsOf(labels: ArrayLike<number>, groups: readonly string[], numClasses: number): Unit[] {
  const byGroup = new Map<string, Int32Array>()
  groups.forEach((group, row) => {
    const counts = byGroup.get(group) ?? new Int32Array(numClasses)
    counts[labels[row]!]!++
    byGroup.set(group, counts)
  })
  return [...byGroup]
    .map(([group, counts]) => ({ group, counts, size: counts.reduce((total, count) => total + count, 0) }))
    .sort((a, b) => (a.group < b.group ? -1 : 1))
}

function refuseTooFewGroups(
  units: readonly Unit[],
  classNames: readonly string[],
  partitions: readonly string[],
  hint: string,
): void {
  classNames.forEach((className, label) => {
    const numGroups = units.filter(({ counts }) => counts[label]! > 0).length
    if (numGroups >= partitions.length) return
    throw new PipelineError('ERR_IMPOSSIBLE_SPLIT', {
      message: `Class "${className}" cannot be in every partition: it has ${String(numGroups)} ${numGroups === 1 ? 'group' : 'groups'} for ${String(partitions.length)} partitions`,
      expected: `at least ${String(partitions.length)} groups (${partitions.join(', ')})`,
      received: describeGroups(units, classNames, label),
      hint,
    })
  })
}

function describeGroups(units: readonly Unit[], classNames: readonly string[], label: number): string {
  const having = units.filter(({ counts }) => counts[label]! > 0)
  const numRows = having.reduce((total, { counts }) => total + counts[label]!, 0)
  return `${classNames[label]!}: ${String(numRows)} rows in ${String(having.length)} groups`
}

/** Price of a class that is missing in a partition: more than any distance, which is at most the number of cells times rows. */
const missingPrice = 1e9

/** Which unit is in which partition, with the class counts kept up to date. */
class Assignment {
  private readonly units: readonly Unit[]
  private readonly numClasses: number
  private readonly fractions: readonly number[]
  private readonly totals: Float64Array
  private readonly counts: Float64Array
  private readonly partitionOf: Int32Array

  constructor(units: readonly Unit[], numClasses: number, fractions: readonly number[]) {
    // Stable: within a size the random order of the caller holds.
    this.units = [...units].sort((a, b) => b.size - a.size)
    this.numClasses = numClasses
    this.fractions = fractions
    this.totals = new Float64Array(numClasses)
    for (const { counts } of units) counts.forEach((count, label) => (this.totals[label]! += count))
    this.counts = new Float64Array(fractions.length * numClasses)
    this.partitionOf = new Int32Array(units.length).fill(-1)
  }

  /** Assigns every unit, large ones first. */
  fill(): void {
    this.units.forEach((_, u) => {
      let best = 0
      let bestChange = Infinity
      for (let p = 0; p < this.fractions.length; p++) {
        const change = this.changeOfAdding(u, p, 1)
        if (change < bestChange - 1e-12) {
          best = p
          bestChange = change
        }
      }
      this.put(u, best)
    })
  }

  /** Moves single units, then swaps pairs, while the cost falls. */
  improve(rng: Rng): void {
    for (let round = 0; round < 50; round++) {
      let isBetter = false
      for (let u = 0; u < this.units.length; u++) isBetter = this.moveIfBetter(u) || isBetter
      for (let tries = 0; tries < 4 * this.units.length; tries++) {
        isBetter = this.swapIfBetter(rng.integer(this.units.length), rng.integer(this.units.length)) || isBetter
      }
      if (!isBetter) return
    }
  }

  /** Sum over partitions and classes of the distance to the wanted count, and of the price of missing classes. */
  cost(): number {
    let cost = 0
    for (let p = 0; p < this.fractions.length; p++) {
      for (let label = 0; label < this.numClasses; label++)
        cost += this.cellCost(p, label, this.counts[p * this.numClasses + label]!)
    }
    return cost
  }

  /** A partition and class that did not meet, if any. */
  missing(): { readonly partition: number; readonly label: number } | undefined {
    const at = this.counts.findIndex((count) => count === 0)
    return at < 0 ? undefined : { partition: Math.floor(at / this.numClasses), label: at % this.numClasses }
  }

  partitionByGroup<Name>(names: readonly Name[]): Map<string, Name> {
    return new Map(this.units.map(({ group }, u) => [group, names[this.partitionOf[u]!]!]))
  }

  private cellCost(p: number, label: number, count: number): number {
    const total = this.totals[label]!
    const wanted = total * this.fractions[p]!
    return (count - wanted) ** 2 / total + (count === 0 ? missingPrice : 0)
  }

  private changeOfAdding(u: number, p: number, sign: 1 | -1): number {
    let change = 0
    const { counts } = this.units[u]!
    for (let label = 0; label < this.numClasses; label++) {
      if (counts[label] === 0) continue
      const before = this.counts[p * this.numClasses + label]!
      change += this.cellCost(p, label, before + sign * counts[label]!) - this.cellCost(p, label, before)
    }
    return change
  }

  private put(u: number, p: number): void {
    const from = this.partitionOf[u]!
    this.units[u]!.counts.forEach((count, label) => {
      if (from >= 0) this.counts[from * this.numClasses + label]! -= count
      this.counts[p * this.numClasses + label]! += count
    })
    this.partitionOf[u] = p
  }

  private moveIfBetter(u: number): boolean {
    const from = this.partitionOf[u]!
    const leaving = this.changeOfAdding(u, from, -1)
    for (let p = 0; p < this.fractions.length; p++) {
      if (p === from || leaving + this.changeOfAdding(u, p, 1) > -1e-9) continue
      this.put(u, p)
      return true
    }
    return false
  }

  private swapIfBetter(a: number, b: number): boolean {
    const [p, q] = [this.partitionOf[a]!, this.partitionOf[b]!]
    if (p === q) return false
    const before = this.cost()
    this.put(a, q)
    this.put(b, p)
    if (this.cost() < before - 1e-9) return true
    this.put(a, p)
    this.put(b, q)
    return false
  }
}
