import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'auditNearDuplicates',
    'compareCodePoints',
    'decodeImage',
    'default',
    'fingerprint',
    'fingerprintTable',
    'folderOptions',
    'folderRows',
    'formatPhantomId',
    'imageExtensions',
    'lesionKinds',
    'listFolder',
    'modalities',
    'nearDuplicatesOptions',
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
