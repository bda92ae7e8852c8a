import { checkedOptions } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { pretrain } from '../pretrain/pretrain.js'
import { simsiam } from '../simsiam/simsiam.js'
import { supcon } from '../supcon/supcon.js'

describe.each([pretrain, supcon, simsiam])('the plan of $type', (operation) => {
  const images = { kind: 'images', partitions: ['train', 'test'] }
  const plan = (options: Readonly<Record<string, unknown>>, inputs: object = {}) => {
    const issues: { at: string; message: string; received: string | undefined; hint: string | undefined }[] = []
    operation.plan!({
      options: checkedOptions(operation, options),
      inputs: { images, unlabelled: [], init: { kind: 'model' }, ...inputs } as never,
      issue: (at, message, details) => issues.push({ at, message, received: details?.received, hint: details?.hint }),
    })
    return issues
  }
  const random = { images: { ...images, isRandom: true } }

  test.each([
    ['views', 'grayscale'],
    ['views', 'color'],
    ['minCrop', 0.5],
  ])('refuses %s: %s over augment/random, of which it would change nothing', (name, value) => {
    expect(plan({ [name]: value }, random)).toEqual([
      {
        at: name,
        message: 'the pictures come as random views, so that this changes nothing',
        received: String(value),
        hint: `leave out ${name}, or augment/random before this node`,
      },
    ])
    expect(plan({ [name]: value })).toEqual([])
    expect(plan({}, random)).toEqual([])
  })

  test('refuses a set that comes as random views beside one that does not', () => {
    const unlabelled = [{ name: 'corpus', value: images }]
    expect(plan({}, { ...random, unlabelled })).toMatchObject([{ at: 'in:unlabelled' }])
    expect(plan({}, { unlabelled })).toEqual([])
  })

  test('refuses three pictures, also of two sets together', () => {
    const few = (numSamples: number) => ({ ...images, numSamples })
    expect(plan({}, { images: few(3) })).toMatchObject([{ at: 'in:images', received: '3 images' }])
    const unlabelled = [{ name: 'corpus', value: few(1) }]
    expect(plan({}, { images: few(2), unlabelled })).toMatchObject([{ at: 'in:images', received: '3 images' }])
    expect(plan({}, { images: few(3), unlabelled })).toEqual([])
  })
})
