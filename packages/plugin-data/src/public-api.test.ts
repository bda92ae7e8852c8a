import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'compareCodePoints',
    'decodeImage',
    'default',
    'folderOptions',
    'folderRows',
    'formatPhantomId',
    'imageExtensions',
    'lesionKinds',
    'listFolder',
    'modalities',
    'parsePhantomId',
    'permuteLabels',
    'phantomOptions',
    'phantomRows',
    'readGroups',
    'renderPhantom',
    'splitGroups',
    'splitOptions',
  ])
})
