import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'default',
    'fitMlKnn',
    'fitMlRandomForest',
    'fitMlXgboost',
    'openMlKnn',
    'openMlRandomForest',
    'openMlXgboost',
  ])
})
