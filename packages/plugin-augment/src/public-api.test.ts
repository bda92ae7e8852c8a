import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'augmentPixels',
    'countCopies',
    'default',
    'drawAugmentation',
    'expandOptions',
    'gaussianBlur',
    'gaussianKernel',
    'operationNames',
    'planCopies',
    'randomOptions',
    'viewOf',
    'warpImage',
  ])
})
