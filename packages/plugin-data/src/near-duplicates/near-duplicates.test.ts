import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { fingerprintTable, type AlikePair } from './alike.js'
import { aPicture as picture } from '../testing/a-picture.js'
import { areaResize } from './area-resize.js'
import { disjointSets } from './disjoint-sets.js'
import { fingerprint, type Fingerprint } from './fingerprint.js'

function tableOf(prints: readonly Fingerprint[]) {
  const table = fingerprintTable(prints.length)
  for (const print of prints) table.add(print)
  return table
}

function pairsOf(prints: readonly Fingerprint[], options = {}): AlikePair[] {
  const pairs: AlikePair[] = []
  tableOf(prints).findPairs((pair) => pairs.push(pair), options)
  return pairs.sort((p, q) => p.a - q.a || p.b - q.b)
}

describe('areaResize', () => {
  test('averages what each pixel covers, borders by their share', () => {
    expect([...areaResize(Float32Array.of(0, 3, 6), [1, 3], [1, 2])]).toEqual([1, 5])
    expect([...areaResize(Float32Array.of(0, 4), [2, 1], [1, 1])]).toEqual([2])
    expect([...areaResize(Float32Array.of(1, 5), [1, 2], [1, 4])]).toEqual([1, 1, 5, 5])
  })
  prop.prop([fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })])(
    'keeps the mean',
    (height, width, side) => {
      const values = Float32Array.from({ length: height * width }, (_, i) => (i * 37) % 11)
      const mean = (all: Float32Array) => all.reduce((sum, value) => sum + value, 0) / all.length
      expect(mean(areaResize(values, [height, width], [side, side + 1]))).toBeCloseTo(mean(values), 4)
    },
  )
})

describe('fingerprint', () => {
  test('sets a bit where the next cell is brighter', () => {
    const rising = Uint8Array.from(
      { length: 17 * 16 },
      (_, i) => (Math.floor(i / 17) < 8 ? i % 17 : 16 - (i % 17)) * 15,
    )
    const { hash, isFlat } = fingerprint({ dtype: 'uint8', shape: [16, 17, 1], data: rising })
    expect([...hash]).toEqual([...Array<number>(4).fill(0xffffffff), ...Array<number>(4).fill(0)])
    expect(isFlat).toBe(false)
  })
  test('does not change with brightness, contrast and depth', () => {
    const wide = picture(1)
    const data = Uint16Array.from(wide.data, (value) => value * 100 + 999)
    expect(fingerprint({ ...wide, dtype: 'uint16', data })).toEqual(fingerprint(wide))
  })
  test('marks a picture of one grey', () => {
    expect(fingerprint(picture(1, 20, () => 7)).isFlat).toBe(true)
  })
})

describe('fingerprintTable', () => {
  test('finds a picture again in another size and contrast, and no other', () => {
    const prints = [picture(1), picture(2), picture(1, 80, (v) => 0.8 * v + 20), picture(3)].map(fingerprint)
    const [pair, ...more] = pairsOf(prints)
    expect(more).toEqual([])
    expect(pair).toMatchObject({ a: 0, b: 2 })
    expect(pair!.distance).toBeLessThanOrEqual(20)
    expect(pair!.correlation).toBeGreaterThan(0.99)
  })
  test('takes neither bound alone', () => {
    const [print] = [fingerprint(picture(1))]
    const thumbnail = print.thumbnail.map((value, i) => (i % 2 === 0 ? value : 255 - value))
    const hash = print.hash.map((word) => ~word)
    expect(pairsOf([print, { ...print, thumbnail }])).toEqual([])
    expect(pairsOf([print, { ...print, hash }])).toEqual([])
    expect(pairsOf([print, { ...print }])).toHaveLength(1)
  })
  test('never pairs pictures of one grey', () => {
    const black = fingerprint(picture(1, 20, () => 0))
    expect(pairsOf([black, black])).toEqual([])
  })
  test('leaves out what is settled', () => {
    const print = fingerprint(picture(1))
    expect(pairsOf([print, print, print], { isSettled: (a: number, b: number) => a + b !== 2 })).toMatchObject([
      { a: 0, b: 2 },
    ])
  })
  prop.prop([fc.array(fc.array(fc.nat(255), { maxLength: 25 }), { minLength: 2, maxLength: 12 }), fc.nat(40)], {
    numRuns: 40,
  })('finds exactly the pairs that comparing all finds', (flips, maxDistance) => {
    const base = fingerprint(picture(1))
    const prints = flips.map((bits) => {
      const hash = base.hash.slice()
      for (const bit of new Set(bits)) hash[bit >>> 5]! ^= 1 << (bit & 31)
      return { ...base, hash }
    })
    const expected = flips.flatMap((left, a) =>
      flips.slice(a + 1).flatMap((right, at) => {
        const [x, y] = [new Set(left), new Set(right)]
        const distance = [...x].filter((bit) => !y.has(bit)).length + [...y].filter((bit) => !x.has(bit)).length
        return distance <= maxDistance ? [{ a, b: a + 1 + at, distance }] : []
      }),
    )
    expect(pairsOf(prints, { maxDistance }).map(({ a, b, distance }) => ({ a, b, distance }))).toEqual(expected)
  })
})

test('disjointSets call a set after its smallest member', () => {
  const sets = disjointSets(6)
  sets.union(4, 5)
  sets.union(5, 1)
  sets.union(2, 3)
  expect([0, 1, 2, 3, 4, 5].map((i) => sets.find(i))).toEqual([0, 1, 2, 2, 1, 1])
})
