import type { Partition } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { readGroups } from '../folder/read-groups.js'
import { aPicture } from '../testing/a-picture.js'
import { fingerprintTable } from './alike.js'
import { auditTables } from './audit-tables.js'
import { auditNearDuplicates, type AuditedRow } from './audit.js'
import { fingerprint } from './fingerprint.js'

interface Given {
  /** Which picture is seen. */
  readonly seed: number
  readonly partition?: Partition
  readonly input?: string
  readonly className?: string
  readonly group?: string
  readonly sourceId?: string
  readonly isBlack?: boolean
}

function audit(given: readonly Given[], options: Parameters<typeof auditNearDuplicates>[2] = {}) {
  const rows = given.map(({ seed, partition = 'none', input = 'scans', className = 'a', ...more }, i): AuditedRow => {
    const file = `${className}/${String(i)}.jpg`
    return {
      input,
      file,
      sourceId: more.sourceId ?? `${String(seed)}-${String(i)}`,
      partition,
      className,
      group: more.group ?? file,
    }
  })
  const table = fingerprintTable(rows.length)
  given.forEach(({ seed, isBlack }, i) => {
    table.add(fingerprint(aPicture(seed, 64 + i, isBlack ? () => 0 : undefined)))
  })
  const result = auditNearDuplicates(rows, table, options)
  return { rows, result, leaks: result.pairs.filter(({ isLeak }) => isLeak).map(({ a, b }) => [a, b]) }
}

describe('auditNearDuplicates', () => {
  test('finds the pairs that a split has parted', () => {
    const { leaks, result } = audit([
      { seed: 1, partition: 'train' },
      { seed: 2, partition: 'train' },
      { seed: 1, partition: 'test' },
      { seed: 2, partition: 'train' },
      { seed: 3, partition: 'val' },
    ])
    expect(leaks).toEqual([[0, 2]])
    expect([...result.cluster]).toEqual([0, 1, 0, 1, 4])
    expect(result.groups).toEqual(['a/0.jpg', 'a/1.jpg', 'a/0.jpg', 'a/1.jpg', 'a/4.jpg'])
  })
  test('finds a test picture in the set that models are pre-trained on, split or not', () => {
    const { leaks } = audit([
      { seed: 1, partition: 'test', input: 'target' },
      { seed: 2, partition: 'train', input: 'target' },
      { seed: 1, partition: 'train', input: 'corpus' },
      { seed: 1, partition: 'none', input: 'corpus' },
      { seed: 2, partition: 'val', input: 'corpus' },
    ])
    expect(leaks).toEqual([
      [0, 2],
      [0, 3],
    ])
  })
  test('counts pictures of one set that are given twice as no leak', () => {
    const same = (input: string) => [
      { seed: 1, partition: 'train' as const, input },
      { seed: 2, partition: 'test' as const, input },
    ]
    const { leaks, result } = audit([...same('split'), ...same('again')])
    expect(leaks).toEqual([])
    expect(result.numAcrossInputs).toBe(2)
  })
  test('tells pairs of different classes', () => {
    const { result } = audit([{ seed: 1 }, { seed: 1, className: 'b' }, { seed: 2 }])
    expect(result.numAcrossClasses).toBe(1)
    expect(result.pairs).toMatchObject([{ a: 0, b: 1, hasTwoClasses: true, isLeak: false }])
  })
  test('joins patients whose pictures are alike, and keeps patients whole', () => {
    const { result } = audit([
      { seed: 1, group: 'p2' },
      { seed: 2, group: 'p2' },
      { seed: 2, group: 'p1' },
      { seed: 3, group: 'p3' },
    ])
    expect(result.groups).toEqual(['p1', 'p1', 'p1', 'p3'])
  })
  test('compares pictures of one grey by their bytes', () => {
    const black = { seed: 1, isBlack: true }
    const { leaks } = audit([
      { ...black, partition: 'train', sourceId: 'x' },
      { ...black, partition: 'test', sourceId: 'y' },
      { ...black, partition: 'test', sourceId: 'x' },
    ])
    expect(leaks).toEqual([[0, 2]])
  })
  test('finds a patient of the test rows in another set, unless told that names mean nothing', () => {
    const given: Given[] = [
      { seed: 1, group: 'odir-7', partition: 'test', input: 'target' },
      { seed: 2, group: 'odir-8', partition: 'train', input: 'target' },
      { seed: 3, group: 'odir-7', partition: 'train', input: 'corpus' },
      { seed: 4, group: 'odir-8', partition: 'train', input: 'corpus' },
      // Files without patient have their own path for a group.
      { seed: 5, partition: 'test', input: 'target' },
      { seed: 6, group: 'a/4.jpg', partition: 'train', input: 'corpus' },
    ]
    expect(audit(given).result.sharedGroups).toEqual([{ group: 'odir-7', test: 0, other: 2 }])
    const alone = audit(given, { comparesGroups: false })
    expect(alone.result.sharedGroups).toEqual([])
  })
  test('finds a leak among many copies without looking at all their pairs', () => {
    const { leaks, result } = audit([
      ...Array.from({ length: 60 }, () => ({ seed: 1, partition: 'train' as const })),
      { seed: 1, partition: 'test' },
    ])
    expect(leaks).toHaveLength(60)
    expect(new Set(result.cluster)).toEqual(new Set([0]))
  })
})

test('groups.csv can be given back as a groups file', () => {
  const { rows, result } = audit([
    { seed: 1, className: 'glioma, left' },
    { seed: 1, className: 'glioma, left' },
    { seed: 2, className: 'none' },
  ])
  const read = readGroups(auditTables(rows, result).groups.get('scans')!, 'groups.csv')
  expect([...read.values()]).toEqual([
    { group: 'glioma, left/0.jpg', className: 'glioma, left' },
    { group: 'glioma, left/0.jpg', className: 'glioma, left' },
    { group: 'none/2.jpg', className: 'none' },
  ])
})
