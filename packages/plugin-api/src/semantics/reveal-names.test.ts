import { describe, expect, test } from 'vitest'
import { PipelineError } from '../errors.js'
import { opaqueGroup, opaqueId } from './opaque-names.js'
import { revealNames } from './reveal-names.js'

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

describe('revealNames', () => {
  const inputs = [[batch]]

  test('an error names rows and groups as people know them', async () => {
    const thrown = new PipelineError('ERR_BAD_DATA', {
      message: `row "${opaqueId('glioma/a.jpg', '0a')}" of ${opaqueGroup('glioma-p1')}`,
      received: opaqueId('glioma/a.jpg~1', '0a'),
      hint: 'as before',
    })
    expect(await revealNames(thrown, inputs)).toMatchObject({
      code: 'ERR_BAD_DATA',
      message: 'row "glioma/a.jpg" of glioma-p1',
      received: 'glioma/a.jpg~1',
      hint: 'as before',
    })
    const plain = (await revealNames(new TypeError(opaqueId('glioma/a.jpg', '0a')), inputs)) as Error
    expect(plain.message).toBe('glioma/a.jpg')
    expect(plain.stack).toContain('TypeError: glioma/a.jpg')
  })

  test('one that names none is left as it is', async () => {
    const thrown = new Error('row-7 is odd')
    expect(await revealNames(thrown, inputs)).toBe(thrown)
  })
})
