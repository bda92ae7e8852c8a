import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the bundle of yaml is what its script makes of the installed version', () => {
  const dir = join(import.meta.dirname, '..', '..')
  const made = execFileSync(process.execPath, [join(dir, 'scripts', 'bundle-yaml.mjs'), '--print'], {
    encoding: 'utf8',
  })
  expect(readFileSync(join(dir, 'vendor', 'yaml.js'), 'utf8') === made).toBe(true)
})
