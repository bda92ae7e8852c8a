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
    'explainableLayer',
    'gradCamOptions',
    'heatColor',
    'localize',
    'membersOptions',
    'networkInput',
    'normalizeMap',
    'overlayOptions',
    'placeMap',
    'receptiveGrid',
    'slic',
    'treeExplainer',
    'treeShapOptions',
    'upsampleMap',
    'voteShapOptions',
  ])
})
