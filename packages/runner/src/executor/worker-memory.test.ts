import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { workerMemory } from './worker-memory.js'

/** Pages fetched while a batch of 38 MB is made and dropped twelve times. */
function pagesFetched(settings: Readonly<Record<string, string>>): number {
  const program = `
    const before = process.resourceUsage().minorPageFault
    for (let i = 0; i < 12; i++) { new Float32Array(9_500_000).fill(1); globalThis.gc() }
    process.stdout.write(String(process.resourceUsage().minorPageFault - before))`
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', '-e', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...settings },
  })
  return Number(stdout)
}

const isGlibc =
  (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime !== undefined

test.skipIf(!isGlibc)('an engine keeps the memory of a batch for the next one (needs glibc)', () => {
  expect(pagesFetched(workerMemory(true, {}))).toBeLessThan(pagesFetched({}) / 3)
})

test('what the user has set stays', () => {
  expect(workerMemory(true, { MALLOC_TRIM_THRESHOLD_: '0' })).toEqual({ MALLOC_MMAP_THRESHOLD_: '268435456' })
  expect(workerMemory(false, { MALLOC_ARENA_MAX: '4' })).toEqual({ MALLOC_MMAP_THRESHOLD_: '131072' })
})
