import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'borderShare',
    'camMap',
    'camMethods',
    'channelWeights',
    'checkAdditivity',
    'checkOptions',
    'createExplainer',
    'default',
    'drawPanel',
    'estimateShapley',
    'exactShapley',
    'expectedGradients',
    'explainableLayer',
    'gradCamOptions',
    'heatColor',
    'integratedGradients',
    'localize',
    'membersOptions',
    'networkInput',
    'normalizeMap',
    'occlusion',
    'overlayOptions',
    'pixelsOptions',
    'placeMap',
    'receptiveGrid',
    'slic',
    'smoothGrad',
    'treeExplainer',
    'treeShapOptions',
    'upsampleMap',
    'voteShapOptions',
  ])
})
