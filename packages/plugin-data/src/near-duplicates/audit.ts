import type { Partition } from '@etsef/plugin-api'
import type { AlikeOptions, AlikePair, FingerprintTable } from './alike.js'
import { disjointSets } from './disjoint-sets.js'

/** A picture as the audit sees it. */
export interface AuditedRow {
  /** Data set it comes from. */
  readonly input: string
  /** Path below the data set's root. */
  readonly file: string
  readonly sourceId: string
  readonly partition: Partition
  /** `undefined` where the class is hidden or not known. */
  readonly className: string | undefined
  readonly group: string
}

/** What makes a pair of near-duplicates worth telling. */
export interface Concerns {
  /** Whether a test row is nearly the same as a row that is not, or a split has parted the two. */
  readonly isLeak: boolean
  readonly hasTwoClasses: boolean
  readonly hasTwoInputs: boolean
}

/** A pair that is told. */
export type AuditedPair = AlikePair & Concerns

/** A group with test rows in one input and other rows in another. */
export interface SharedGroup {
  readonly group: string
  /** A test row and a row that is none. */
  readonly test: number
  readonly other: number
}

/** What {@link auditNearDuplicates} finds; rows are positions. */
export interface Audit {
  /** Leaks first, then by position; at most `maxListed` of leaks and of others. */
  readonly pairs: readonly AuditedPair[]
  readonly numLeaks: number
  readonly numAcrossClasses: number
  readonly numAcrossInputs: number
  /** Set of near-duplicates per row: the position of its first member. */
  readonly cluster: Int32Array
  /** Group per row after joining groups that near-duplicates connect; called after the smallest name. */
  readonly groups: readonly string[]
  readonly sharedGroups: readonly SharedGroup[]
}

/** So many pairs are listed; all are counted. */
const maxListed = 10_000

/**
 * Near-duplicates in different partitions, classes or data sets, and what they join.
 *
 * Within a data set a pair leaks when a split has parted it. Between data sets it leaks when one is a test row and the other is not: the other
 * set is what models are pre-trained on. Pictures of one grey are alike only where their bytes are.
 */
export function auditNearDuplicates(
  rows: readonly AuditedRow[],
  table: FingerprintTable,
  options: AlikeOptions & { readonly comparesGroups?: boolean; readonly onProgress?: (done: number) => void } = {},
): Audit {
  const { comparesGroups = true, ...alike } = options
  const clusters = disjointSets(rows.length)
  const joined = disjointSets(rows.length)
  const kinds = numbered(rows.map(({ input, partition, className = '' }) => `${input}\n${partition}\n${className}`))
  const listed: { readonly leaks: AuditedPair[]; readonly others: AuditedPair[] } = { leaks: [], others: [] }
  const counts = { numLeaks: 0, numAcrossClasses: 0, numAcrossInputs: 0 }
  const take = (pair: AlikePair): void => {
    clusters.union(pair.a, pair.b)
    joined.union(pair.a, pair.b)
    const concerns = concernsOf(rows[pair.a]!, rows[pair.b]!)
    if (!concerns.isLeak && !concerns.hasTwoClasses && !concerns.hasTwoInputs) return
    counts.numLeaks += Number(concerns.isLeak)
    counts.numAcrossClasses += Number(concerns.hasTwoClasses)
    counts.numAcrossInputs += Number(concerns.hasTwoInputs)
    const list = concerns.isLeak ? listed.leaks : listed.others
    if (list.length < maxListed) list.push({ ...pair, ...concerns })
  }
  const isSettled = (a: number, b: number): boolean => kinds[a] === kinds[b] && clusters.find(a) === clusters.find(b)
  table.findPairs(take, { ...alike, isSettled })
  const byBytes = numbered(rows.map(({ sourceId }) => sourceId))
  // Pictures of one grey have no pattern that the table could compare.
  byBytes.forEach((first, row) => {
    if (first !== row && clusters.find(first) !== clusters.find(row))
      take({ a: first, b: row, distance: 0, correlation: 1 })
  })
  numbered(rows.map(({ input, group }) => (comparesGroups ? group : `${input}\n${group}`))).forEach((first, row) => {
    joined.union(first, row)
  })
  const byPosition = (p: AuditedPair, q: AuditedPair): number => p.a - q.a || p.b - q.b
  return {
    pairs: [...listed.leaks.sort(byPosition), ...listed.others.sort(byPosition)],
    ...counts,
    cluster: Int32Array.from(rows, (_, row) => clusters.find(row)),
    groups: joinedNames(rows, (row) => joined.find(row)),
    sharedGroups: comparesGroups ? sharedGroups(rows) : [],
  }
}

function concernsOf(a: AuditedRow, b: AuditedRow): Concerns {
  const hasTwoInputs = a.input !== b.input
  const isParted = a.partition !== b.partition && a.partition !== 'none' && b.partition !== 'none'
  return {
    isLeak: hasTwoInputs ? (a.partition === 'test') !== (b.partition === 'test') : isParted,
    hasTwoClasses:
      a.className !== undefined && b.className !== undefined && a.className !== b.className && !hasTwoInputs,
    hasTwoInputs,
  }
}

/** Position of the first row with an equal value, per row. */
function numbered(values: readonly string[]): Int32Array {
  const first = new Map<string, number>()
  return Int32Array.from(values, (value, row) => {
    const known = first.get(value)
    if (known === undefined) first.set(value, row)
    return known ?? row
  })
}

function joinedNames(rows: readonly AuditedRow[], find: (row: number) => number): string[] {
  const names = new Map<number, string>()
  rows.forEach(({ group }, row) => {
    const name = names.get(find(row))
    if (name === undefined || group < name) names.set(find(row), group)
  })
  return rows.map((_, row) => names.get(find(row))!)
}

function sharedGroups(rows: readonly AuditedRow[]): SharedGroup[] {
  // A row without a patient has its file for a group, which says nothing in another data set.
  const files = new Set(rows.map(({ input, file }) => `${input}\n${file}`))
  const byGroup = new Map<string, number[]>()
  rows.forEach(({ input, group }, row) => {
    if (group === '' || files.has(`${input}\n${group}`)) return
    byGroup.set(group, [...(byGroup.get(group) ?? []), row])
  })
  return [...byGroup].flatMap(([group, members]) => {
    const found = members
      .filter((row) => rows[row]!.partition === 'test')
      .flatMap((test) => {
        const other = members.find((row) => rows[row]!.input !== rows[test]!.input && rows[row]!.partition !== 'test')
        return other === undefined ? [] : [{ group, test, other }]
      })
    return found.slice(0, 1)
  })
}
