import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packageDirectory } from '../engine-packages.js'
import { runCommand } from '../install/run-command.js'
import { disableTelemetry } from './disable-telemetry.js'

const script = fileURLToPath(new URL('../../test-fixtures/open-onnx.mjs', import.meta.url))
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'etsef-telemetry-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

test.skipIf(packageDirectory('onnxruntime-node') === undefined).each(['here', 'thread'])(
  'a network that is opened %s leaves no number of the machine, no events and no log (needs onnxruntime-node)',
  async (where) => {
    // Under CI the library says nothing anyway.
    const unset = { CI: undefined, GITHUB_ACTIONS: undefined, ORT_DISABLE_TELEMETRY: undefined }
    const env = { ...process.env, ...unset, HOME: home, XDG_CACHE_HOME: home, TMPDIR: home }
    const { code, stderr } = await runCommand(process.execPath, [script, where], { env, timeoutMs: 60_000 })
    expect(code, stderr).toBe(0)
    expect(readdirSync(home)).toEqual([])
  },
)

test('what the user has set stays', () => {
  const env = { ORT_DISABLE_TELEMETRY: '0' }
  disableTelemetry(env)
  expect(env).toEqual({ ORT_DISABLE_TELEMETRY: '0' })
})
