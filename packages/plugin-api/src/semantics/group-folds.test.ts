import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { groupFolds, rowComponents } from './group-folds.js'
import { createRng } from '../rng.js'

describe('rowComponents', () => {
  test('joins rows of one group, and rows made from one image, through each other', () => {
    expect([...rowComponents(['a', 'a', 'b', 'c', ''], ['1', '2', '2', '3', '3'])]).toEqual([0, 0, 0, 1, 1])
  })

  test('takes rows without group and source as rows of their own', () => {
    expect([...rowComponents(['', '', ''], ['', '', ''])]).toEqual([0, 1, 2])
  })
})

describe('groupFolds', () => {
  const rows = fc.array(fc.record({ label: fc.nat(2), component: fc.nat(20) }), { minLength: 5, maxLength: 80 })

  property.prop([rows, fc.integer({ min: 2, max: 5 }), fc.integer()])(
    'keeps components whole, leaves no fold empty, and is the same for the same seed',
    (drawn, numFolds, seed) => {
      const numbers = [...new Set(drawn.map(({ component }) => component))]
      fc.pre(numbers.length >= numFolds)
      const components = Int32Array.from(drawn, ({ component }) => numbers.indexOf(component))
      const task = {
        labels: Int32Array.from(drawn, ({ label }) => label),
        numClasses: 3,
        components,
        numFolds,
        option: 'k',
      }
      const folds = groupFolds(task, createRng(seed))
      expect(new Set(folds)).toEqual(new Set(Array.from({ length: numFolds }, (_, fold) => fold)))
      components.forEach((component, row) => {
        expect(folds[row]).toBe(folds[components.indexOf(component)])
      })
      expect(groupFolds(task, createRng(seed))).toEqual(folds)
    },
  )

  test('refuses more folds than components and names the option', () => {
    const task = { labels: Int32Array.of(0, 1, 0), numClasses: 2, components: Int32Array.of(0, 1, 1), numFolds: 3 }
    expect(() => groupFolds({ ...task, option: 'folds' }, createRng(1))).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS', option: 'folds', received: '2 in 3 rows' }),
    )
  })
})
