import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultable, variableOf, withDefaults } from './default-values.js'
import type { Values } from './flags.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etsef-defaults-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const ofRun = ['store', 'jobs', 'gpus', 'set', 'seed', 'on-error'] as const

function filledIn(defaults: unknown, given: Values = {}, env: NodeJS.ProcessEnv = {}): Values {
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ etsef: { defaults } }))
  return withDefaults(given, ofRun, { cwd: dir, env, mistake: (message) => new Error(message) })
}

test('a flag stands before the environment, and that before package.json', () => {
  const defaults = { jobs: 2, gpus: 1, 'on-error': 'continue' }
  expect(filledIn(defaults, { jobs: '8' }, { ETSEF_JOBS: '4', ETSEF_GPUS: '3', ETSEF_ON_ERROR: '' })).toEqual({
    jobs: '8',
    gpus: '3',
    'on-error': 'continue',
  })
})

test('a store of package.json lies beside it, one of the environment where the command is called', () => {
  expect(filledIn({ store: 'results' }).store).toBe(join(dir, 'results'))
  expect(filledIn({ store: 'results' }, {}, { ETSEF_STORE: 'here' }).store).toBe('here')
})

test('only flags of the verb are filled in, and nothing that changes what is computed', () => {
  expect(filledIn({ memory: '6g' })).toEqual({})
  expect(filledIn(undefined, {}, { ETSEF_SEED: '3', ETSEF_SET: 'a.b=1', ETSEF_PROFILE: 'full' })).toEqual({})
  expect(defaultable.map(variableOf)).toContain('ETSEF_ON_ERROR')
})

test('a package.json that says what cannot be is a mistake that is named', () => {
  expect(() => filledIn({ jbos: 2 })).toThrow(
    'package.json, "etsef.defaults": "jbos" is not known; did you mean "jobs"?',
  )
  expect(() => filledIn({ seed: 2 })).toThrow('"seed" is none of store, jobs')
  expect(() => filledIn({ jobs: true })).toThrow('"jobs" is a text or a number, not true')
  expect(() => filledIn([])).toThrow('is an object of flags')
})

test('without a package.json nothing is filled in', () => {
  expect(withDefaults({}, ofRun, { cwd: dir, env: {}, mistake: (message) => new Error(message) })).toEqual({})
})
