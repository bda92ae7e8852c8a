import { test as property, fc } from '@fast-check/vitest'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createUniqueIds, idHash } from './unique-ids.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-ids-'))
const spill = join(dir, 'ids')
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function repeatedOf(ids: Iterable<string>): ReadonlySet<number> {
  const unique = createUniqueIds(() => spill)
  for (const id of ids) unique.add(id)
  const repeated = unique.repeated()
  unique.close()
  return repeated
}

property.prop([fc.array(fc.string({ maxLength: 3 }), { maxLength: 2000 })])(
  'finds what an exact count finds',
  (ids) => {
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    expect(repeatedOf(ids)).toEqual(new Set(twice.map(idHash)))
  },
)

function* many(count: number, again: readonly number[]): Generator<string> {
  for (let i = 0; i < count; i++) yield `i${String(i)}`
  for (const i of again) yield `i${String(i)}`
}

test.each([
  { numSamples: 65_536, again: [] },
  { numSamples: 65_536, again: [65_535] },
  { numSamples: 300_000, again: [] },
  { numSamples: 300_000, again: [0, 131_071, 131_072, 299_999, 0] },
])('over $numSamples ids and $again again, whichever block they fall in', ({ numSamples, again }) => {
  expect(repeatedOf(many(numSamples, again))).toEqual(new Set(again.map((i) => idHash(`i${String(i)}`))))
})

test('a short stream touches no disk, and a long one leaves nothing there', () => {
  const unique = createUniqueIds(() => {
    throw new Error('asked for a file')
  })
  for (const id of many(65_536, [])) unique.add(id)
  expect(unique.repeated().size).toBe(0)
  unique.close()
  repeatedOf(many(140_000, []))
  expect(existsSync(spill)).toBe(false)
})
