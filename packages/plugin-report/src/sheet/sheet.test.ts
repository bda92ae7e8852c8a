import type { ImageBatch } from '@etsef/plugin-api'
import { someImages } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { chooseRows } from './choose-rows.js'
import { describeView } from './describe-view.js'

test('rows of a sheet are train originals of every class, with their copies', () => {
  const images = someImages({ numSamples: 30 })
  const chosen = chooseRows(images, 4)
  expect(chosen.map(({ row }) => images.partitions[row])).toEqual(['train', 'train', 'train', 'train'])
  expect(new Set(chosen.map(({ row }) => images.labels[row])).size).toBe(images.classNames.length)
  const copied: Omit<ImageBatch, 'load'> = { ...images, parentIds: images.ids.map((id, i) => (i === 1 ? images.ids[0]! : id)), partitions: images.ids.map(() => 'none' as const) } // prettier-ignore
  const rows = chooseRows(copied, 30)
  expect(rows).toHaveLength(29)
  expect(rows.find(({ row }) => row === 0)!.copies).toEqual([1])
})

test('a view is described by what was changed, and by nothing else', () => {
  const still = { isFlipped: false, rotationDegrees: 0, zoom: 1, blurSigma: 0, colour: [] }
  expect(describeView(still)).toBe('')
  const view = { crop: { top: 0, left: 3 }, colour: [{ change: 'contrast', amount: 1.23456 }], isFlipped: true, zoom: 1 } // prettier-ignore
  expect(describeView(view)).toBe('crop left 3, contrast 1.23, flipped')
  expect(describeView(null)).toBe('')
  expect(describeView('s/row')).toBe('s/row')
})
