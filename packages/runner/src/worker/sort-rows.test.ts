import { test as property, fc } from '@fast-check/vitest'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { orderKeys } from '@etsef/plugin-api/semantics'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { createRowSorter } from './sort-rows.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-sort-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function batchOf(ids: readonly number[]): StoredBatch {
  const names = ids.map((id) => `row ${String(id)}`)
  return {
    kind: 'features',
    ids: names,
    sourceIds: names.map((name) => `image of ${name}`),
    labels: Int32Array.from(ids, (id) => id % 3),
    groups: names.map(() => ''),
    partitions: names.map(() => 'none'),
    classNames: ['a', 'b', 'c'],
    features: Float32Array.from(ids),
    featureNames: ['own number'],
  }
}

async function sorted(batches: readonly (readonly number[])[], bytes: number): Promise<StoredBatch[]> {
  const sorter = createRowSorter('features', (index) => join(dir, String(index)), { bytes, fanIn: 2 })
  const taken: StoredBatch[] = []
  for (const batch of batches) sorter.write(batchOf(batch))
  await sorter.finish((batch) => taken.push(batch))
  sorter.close()
  return taken
}

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 700 })
property.prop([numbers, fc.integer({ min: 1, max: 90 }), fc.constantFrom(1, 5_000, 60_000, 1e9)])(
  'every row once, with what belongs to it, in an order that does not depend on how rows came or what fits into memory',
  async (ids, size, bytes) => {
    const batches = Array.from({ length: Math.ceil(ids.length / size) }, (_, at) =>
      ids.slice(at * size, (at + 1) * size),
    )
    const taken = await sorted(batches, bytes)
    const names = taken.flatMap((batch) => batch.ids)
    const keys = taken.flatMap(orderKeys)
    expect([...names].sort()).toEqual(batchOf(ids).ids.toSorted())
    expect(keys).toEqual(keys.toSorted())
    expect(taken.flatMap((batch) => [...(batch as Extract<StoredBatch, { kind: 'features' }>).features])).toEqual(
      names.map((name) => Number(name.slice(4))),
    )
    expect(readdirSync(dir)).toEqual([])
  },
)
