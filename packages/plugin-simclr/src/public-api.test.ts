import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'default',
    'embeddingMonitors',
    'fitFrame',
    'frameInputs',
    'frameOptions',
    'frameOutputs',
    'frameResources',
    'ntXentLoss',
    'ntXentPosition',
    'planFrame',
    'planProbe',
    'pretrainOptions',
    'probe',
    'projectionOption',
    'simclrMethod',
    'simsiamMethod',
    'simsiamOptions',
    'supconMethod',
    'supconOptions',
    'trainSelfSupervised',
    'withDenseLayers',
  ])
})
