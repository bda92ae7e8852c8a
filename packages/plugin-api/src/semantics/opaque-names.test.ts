import { test as property, fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { hideNames, opaqueId } from './opaque-names.js'

const batch = {
  kind: 'images' as const,
  ids: ['glioma/a.jpg', 'glioma/a.jpg~1'],
  sourceIds: ['0a', '0a'],
  labels: Int32Array.of(0, 0),
  groups: ['glioma-p1', ''],
  partitions: ['train', 'train'] as const,
  classNames: ['glioma', 'normal'],
  uris: ['glioma/a.jpg', 'glioma/a.jpg'],
  parentIds: ['glioma/a.jpg', 'glioma/a.jpg'],
  transforms: [['glioma'], ['glioma']],
}

describe('hideNames', () => {
  test('leaves nothing of a name, keeps rows apart and parents together', () => {
    const { ids, groups, uris, parentIds, transforms } = hideNames(batch) as typeof batch
    expect(JSON.stringify({ ids, groups, uris, parentIds, transforms })).not.toContain('glioma')
    expect(new Set(ids).size).toBe(2)
    expect(parentIds).toEqual([ids[0], ids[0]])
    expect(groups[1]).toBe('')
  })

  property.prop([fc.string(), fc.string(), fc.string()])(
    'a name depends on id and image, and nothing else',
    (a, b, image) => {
      expect(opaqueId(a, image) === opaqueId(b, image)).toBe(a === b)
      expect(opaqueId(a, image)).not.toBe(opaqueId(a, `${image}'`))
    },
  )
})
