import type { Partition } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { expect, test } from 'vitest'
import { LearnedSets } from './learned-sets.js'

const batch = (rows: readonly (readonly [source: string, partition: Partition])[]): StoredBatch => ({
  kind: 'images',
  ids: rows.map(([source]) => `id-${source}`),
  sourceIds: rows.map(([source]) => source),
  partitions: rows.map(([, partition]) => partition),
  labels: new Int32Array(rows.length),
  groups: rows.map(() => ''),
  classNames: ['a'],
  uris: rows.map(([source]) => source),
  parentIds: rows.map(([source]) => source),
  transforms: rows.map(() => []),
})
const learned = new Set<Partition>(['train'])

test.for([true, false])(
  'a test picture of one set that another is learned from is refused, whichever comes first',
  (isFirst) => {
    const sets = new LearnedSets()
    const target = batch([['a', 'train'], ['b', 'test']]) // prettier-ignore
    const corpus = batch([['b', 'train'], ['c', 'test']]) // prettier-ignore
    const given = [['target', target], ['corpus', corpus]] as const // prettier-ignore
    for (const [name, rows] of isFirst ? given : [...given].reverse()) sets.add(rows, name, learned)
    expect(() => {
      sets.check()
    }).toThrow(/"corpus" holds pictures that are test rows of "target": id-b/)
  },
)

test('sets that share train rows, or test rows, alone are fine', () => {
  const sets = new LearnedSets()
  sets.add(batch([['a', 'train'], ['b', 'test']]), 'target', learned) // prettier-ignore
  sets.add(batch([['a', 'train'], ['b', 'test'], ['c', 'val']]), 'corpus', learned) // prettier-ignore
  sets.check()
})
