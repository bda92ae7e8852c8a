import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { workerFlags } from './worker-flags.js'

test('this Node takes the flags of workers with and without an engine', () => {
  for (const hasEngine of [true, false]) {
    const flags = workerFlags(hasEngine)
    const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', ''], { encoding: 'utf8' })
    expect({ flags, status, stderr }).toEqual({ flags, status: 0, stderr: '' })
  }
})

test('a Node that is not known is told nothing that it might refuse', () => {
  expect(workerFlags(true, '20.19.0')).toEqual(['--initial-heap-size=192', '--interrupt-budget=400000'])
  expect(workerFlags(true, '24.1.0')).toEqual(['--initial-heap-size=192'])
  expect(workerFlags(true, '31.0.0')).toEqual([])
})

test('what the user has set stays', () => {
  expect(workerFlags(false, '22.0.0', '--max-semi-space-size=8')).toEqual([])
  expect(workerFlags(true, '20.19.0', '--interrupt-budget=1000')).toEqual(['--initial-heap-size=192'])
})
