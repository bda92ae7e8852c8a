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
    'keyPipeline',
    'listRuns',
    'loadRegistry',
    'manifestDigest',
    'openStore',
    'planRun',
    'readRunRecord',
    'runPipeline',
    'runnerVersion',
    'storeDirOf',
  ])
})
