import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'catalogue',
    'default',
    'extractOptions',
    'finetuneOptions',
    'fitClassifier',
    'freezableStages',
    'pretrainOptions',
    'pretrainedOptions',
    'softmaxRows',
  ])
})
