import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'catalogue',
    'default',
    'embedImages',
    'extractOptions',
    'finetuneOptions',
    'fitClassifier',
    'freezableStages',
    'openEmbedder',
    'pretrainOptions',
    'pretrainedOptions',
    'softmaxRows',
  ])
})
