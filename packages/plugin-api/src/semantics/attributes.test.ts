import { expect, test } from 'vitest'
import { createRowWriter, openRowReader } from '../codec/index.js'
import { concatRows, pickRows, withoutAttributes } from '../payload/rows.js'
import type { StoredBatch } from '../payload/stored.js'
import { someFeatures } from '../testing/index.js'
import { storeBatch } from './given-batch.js'
import { addKnownRows, columnsOf, createKnownRows } from './known-rows.js'
import { blank, fitVisibility, visibility } from './visibility.js'

const plain = someFeatures({ numSamples: 10 })
const sex = plain.ids.map((_, row) => (row % 2 === 0 ? 'f' : 'm'))
const site = plain.ids.map((_, row) => (row < 5 ? 'a' : ''))
const batch = { ...plain, attributes: { sex, site } }

test.for(['map', 'apply', 'combine', 'model'] as const)('a %s gets rows without attributes', (kind) => {
  const shown = blank(batch, visibility[kind])
  expect(shown).not.toHaveProperty('attributes')
  expect(batch.attributes.sex).toEqual(sex)
})

test('what fits gets rows without attributes, supervised or not', () => {
  for (const isSupervised of [true, false])
    expect(blank(batch, fitVisibility(['train', 'val'], isSupervised))).not.toHaveProperty('attributes')
})

test.for(['split', 'report'] as const)('a %s sees attributes', (kind) => {
  expect(blank(batch, visibility[kind]).attributes).toEqual({ sex, site })
})

test('attributes are attached again from the inputs, whatever an operation gives', () => {
  const known = createKnownRows(false)
  addKnownRows(known, batch, { name: 'features', seen: new Set(), choice: 0 })
  const rows = { ...columnsOf([...known.byId.values()]), classNames: batch.classNames }
  expect(rows.attributes).toEqual({ sex, site })
  const madeUp = { ...plain, attributes: { sex: plain.ids.map(() => 'x') } }
  const images = { parentIds: plain.ids, transforms: [] }
  expect(storeBatch(madeUp, rows, images).attributes).toEqual({ sex, site })
  const without = withoutAttributes(rows)
  expect(storeBatch(madeUp, without, images)).not.toHaveProperty('attributes')
})

test('attributes are stored, picked and joined with their rows', async () => {
  const chunks: Uint8Array[] = []
  const writer = createRowWriter('features', (bytes) => chunks.push(Uint8Array.from(bytes)))
  writer.write(batch)
  writer.close()
  const read: StoredBatch[] = []
  for await (const each of (await openRowReader(Buffer.concat(chunks))).batches()) read.push(each)
  expect(read.map(({ attributes }) => attributes)).toEqual([{ sex, site }])
  const first = pickRows(batch, [1, 8])
  expect(first.attributes).toEqual({ sex: ['m', 'f'], site: ['a', ''] })
  expect(concatRows([first, pickRows(plain, [0])]).attributes).toEqual({ sex: ['m', 'f', ''], site: ['a', '', ''] })
})
