import { expect, test } from 'vitest'
import { splitFolds, type FoldArguments } from './split-folds.js'

/** 40 patients with one to three rows of one class each. */
const groups = Array.from({ length: 40 }, (_, g) => Array.from({ length: 1 + (g % 3) }, () => `p${String(g)}`)).flat()
const labels = groups.map((group) => Number(group.slice(1)) % 2)
const all = (more: Partial<FoldArguments> = {}) =>
  Array.from({ length: 5 }, (_, fold) =>
    splitFolds({ labels, groups, classNames: ['a', 'b'], folds: 5, valShare: 0.25, seed: 1, fold, ...more }),
  )

test('over all folds every row is a test row once, and no group is in two partitions', () => {
  const folds = all()
  groups.forEach((_, row) => {
    expect(folds.filter((partitions) => partitions[row] === 'test')).toHaveLength(1)
  })
  for (const partitions of folds) {
    const byGroup = new Map(groups.map((group, row) => [group, partitions[row]]))
    expect(groups.map((group) => byGroup.get(group))).toEqual(partitions)
  }
})

test('folds are stratified, and val is its share of the other rows', () => {
  for (const partitions of all()) {
    for (const label of [0, 1]) {
      const own = partitions.filter((_, row) => labels[row] === label)
      const share = (name: string): number => own.filter((partition) => partition === name).length / own.length
      expect(Math.abs(share('test') - 0.2)).toBeLessThan(0.06)
      expect(Math.abs(share('val') - 0.2)).toBeLessThan(0.06)
    }
  }
  expect(all({ valShare: 0 }).flat()).not.toContain('val')
})

test('the folds depend on the seed, not on the fold that is asked for or on the order of the rows', () => {
  expect(all({ seed: 2 })).not.toEqual(all())
  const backwards = splitFolds({
    labels: [...labels].reverse(),
    groups: [...groups].reverse(),
    classNames: ['a', 'b'],
    ...{ folds: 5, fold: 3, valShare: 0.25, seed: 1 },
  })
  expect(backwards.reverse()).toEqual(all()[3])
})

test('a class with fewer groups than folds is refused', () => {
  const rare = groups.map((group) => (Number(group.slice(1)) < 4 ? 1 : 0))
  expect(() => all({ labels: rare })).toThrow(
    'Class "b" cannot be in every partition: it has 4 groups for 5 partitions',
  )
})
