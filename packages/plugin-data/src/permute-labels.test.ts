import { expect, test } from 'vitest'
import { permuteLabels } from './permute-labels.js'

const labels = Int32Array.from({ length: 300 }, (_, i) => Math.floor(i / 100))
const groups = Array.from({ length: 300 }, (_, i) => `p${String(Math.floor(i / 2))}`)

test('gives the rows of a group one label and keeps the number of groups per class', () => {
  const permuted = permuteLabels(labels, groups, 7)
  for (let i = 0; i < 300; i += 2) expect(permuted[i]).toBe(permuted[i + 1])
  expect([0, 1, 2].map((label) => permuted.filter((other) => other === label).length)).toEqual([100, 100, 100])
})
test('leaves about a third of three classes where they were', () => {
  const same = permuteLabels(labels, groups, 7).filter((label, i) => label === labels[i]).length
  expect(same).toBeGreaterThan(60)
  expect(same).toBeLessThan(140)
})
test('depends on the seed only', () => {
  expect(permuteLabels(labels, groups, 7)).toEqual(permuteLabels(labels, groups, 7))
  expect(permuteLabels(labels, groups, 7)).not.toEqual(permuteLabels(labels, groups, 8))
})
