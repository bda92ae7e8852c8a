import { expect, test } from 'vitest'
import * as api from './index.js'

test('exports exactly these names', () => {
  expect(Object.keys(api).sort()).toEqual([
    'InvalidPipeline',
    'checkPipeline',
    'defaultRetries',
    'describeDifference',
    'editorSchema',
    'explainStage',
    'findProjectRoot',
    'findRun',
    'fittedGraphOf',
    'hostFor',
    'isPredicted',
    'keyPipeline',
    'listRuns',
    'loadRegistry',
    'manifestDigest',
    'openBundle',
    'openPredictor',
    'openRun',
    'openStore',
    'outputKey',
    'pictureOf',
    'planRun',
    'readPictureFile',
    'readRunRecord',
    'runPipeline',
    'runnerVersion',
    'storeDirOf',
    'writeBundle',
  ])
})
