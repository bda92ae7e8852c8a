import { fc, test as prop } from '@fast-check/vitest'
import { createRng, type Rows } from '@etsef/plugin-api'
import { someRows } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { classesInOneFold, rowFolds } from './row-folds.js'

const rng = () => createRng('folds')

prop.prop([
  fc.array(fc.record({ label: fc.nat(2), group: fc.nat(9), source: fc.nat(12) }), { minLength: 30, maxLength: 80 }),
  fc.integer({ min: 2, max: 3 }),
])('keeps groups and copies together, and leaves no fold empty', (drawn, numFolds) => {
  const rows = {
    labels: Int32Array.from(drawn, ({ label }) => label),
    groups: drawn.map(({ group }, i) => (group === 0 ? '' : `g${group}-${i % 6}`)),
    sourceIds: drawn.map(({ source }, i) => `s${source}-${i % 5}`),
    classNames: ['a', 'b', 'c'],
  }
  let folds: Int32Array
  try {
    folds = rowFolds(rows, numFolds, rng())
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
    return
  }
  expect(new Set(folds).size).toBe(numFolds)
  for (const names of [rows.groups, rows.sourceIds]) {
    const foldOf = new Map<string, number>()
    names.forEach((name, row) => {
      if (name === '') return
      expect(foldOf.get(name) ?? folds[row]).toBe(folds[row])
      foldOf.set(name, folds[row]!)
    })
  }
})

test('spreads classes evenly, whatever their sizes', () => {
  const rows: Rows = {
    ...someRows({ numSamples: 60 }),
    labels: Int32Array.from({ length: 60 }, (_, i) => (i < 12 ? 0 : 1)),
  }
  const folds = rowFolds(rows, 4, rng())
  for (let fold = 0; fold < 4; fold++) {
    const labels = rows.labels.filter((_, row) => folds[row] === fold)
    expect([labels.filter((label) => label === 0).length, labels.length]).toEqual([3, 15])
  }
})

test('asks for fewer folds when there are too few groups, and names classes that sit in one fold', () => {
  const rows = someRows({ numSamples: 12 })
  const two = { ...rows, groups: rows.ids.map((_, i) => `patient-${i % 2}`) }
  expect(() => rowFolds(two, 3, rng())).toThrow(
    expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS', option: 'crossFit', received: '2 in 12 rows' }),
  )
  expect(classesInOneFold(two, rowFolds(two, 2, rng()))).toEqual(['class0', 'class1'])
  expect(classesInOneFold(rows, rowFolds(rows, 3, rng()))).toEqual([])
})
