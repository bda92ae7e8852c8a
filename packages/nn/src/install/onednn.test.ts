import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothEngines } from '../engine/test-engines.js'
import { childScript } from './child-script.js'
import { findBinding, type Binding } from './engine-cache.js'
import { settleOneDnn, type OneDnnFacts } from './onednn.js'
import { runCommand } from './run-command.js'

let binding: Binding
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etsef-onednn-'))
  binding = {
    path: join(folder, 'tfjs_binding.node'),
    tensorflowVersion: '2.21.0',
    source: 'wheel',
    package: '@tensorflow/tfjs-node',
  }
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A machine, and how often oneDNN was tried on it. */
function machine(tells: boolean, survives: boolean | undefined): OneDnnFacts & { numTrials: number } {
  const facts = {
    numTrials: 0,
    tellsCaches: () => tells,
    survives: () => {
      facts.numTrials++
      return Promise.resolve(survives)
    },
  }
  return facts
}

test('a machine that knows its caches is not tried', async () => {
  const env: NodeJS.ProcessEnv = {}
  const facts = machine(true, false)
  expect(await settleOneDnn(binding, env, facts)).toBe(true)
  expect(facts.numTrials).toBe(0)
  expect(env).toEqual({})
})

test.each([
  { survives: true, becomes: undefined },
  { survives: false, becomes: '0' },
])('one that does not is tried once: survives $survives', async ({ survives, becomes }) => {
  const facts = machine(false, survives)
  for (let turn = 0; turn < 2; turn++) {
    const env: NodeJS.ProcessEnv = {}
    expect(await settleOneDnn(binding, env, facts)).toBe(survives)
    expect(env['TF_ENABLE_ONEDNN_OPTS']).toBe(becomes)
  }
  expect(facts.numTrials).toBe(1)
  expect(readdirSync(folder)).toHaveLength(1)
})

test('a trial that could not be told is made again, and changes nothing', async () => {
  const facts = machine(false, undefined)
  for (let turn = 0; turn < 2; turn++) {
    const env: NodeJS.ProcessEnv = {}
    expect(await settleOneDnn(binding, env, facts)).toBe(true)
    expect(env).toEqual({})
  }
  expect(facts.numTrials).toBe(2)
  expect(readdirSync(folder)).toEqual([])
})

test('another version of the library is tried by itself', async () => {
  const facts = machine(false, false)
  await settleOneDnn(binding, {}, facts)
  await settleOneDnn({ ...binding, tensorflowVersion: '2.22.0' }, {}, facts)
  expect(facts.numTrials).toBe(2)
})

test.each(['0', '1'])('what the user has set stays: %s', async (value) => {
  const env: NodeJS.ProcessEnv = { TF_ENABLE_ONEDNN_OPTS: value }
  const facts = machine(false, false)
  expect(await settleOneDnn(binding, env, facts)).toBe(value === '1')
  expect(facts.numTrials).toBe(0)
})

test('where nothing can be written it is tried each time', async () => {
  const facts = machine(false, false)
  for (let turn = 0; turn < 2; turn++) {
    expect(await settleOneDnn({ ...binding, path: '/proc/none/tfjs_binding.node' }, {}, facts)).toBe(false)
  }
  expect(facts.numTrials).toBe(2)
})

test.skipIf(!bothEngines)('the trial itself runs to its end without oneDNN (needs TensorFlow)', async () => {
  const { path, package: name } = findBinding()!
  const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '0' }
  const script = childScript(new URL('./onednn-trial-child.js', import.meta.url))!
  const { code, stderr } = await runCommand(process.execPath, [script, path, name], { env, timeoutMs: 60_000 })
  expect(code, stderr).toBe(0)
})
