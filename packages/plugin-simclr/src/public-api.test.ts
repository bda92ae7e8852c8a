import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual(['default', 'ntXentLoss', 'ntXentPosition', 'pretrainOptions'])
})
