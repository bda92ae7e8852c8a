import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { createBudget, gpuDevices } from './resource-budget.js'

test('hands out devices, each to one stage at a time', () => {
  const budget = createBudget({ cpus: 4, memoryMb: 1000, devices: ['0', '1'] })
  const first = budget.take({ cpus: 1, memoryMb: 10, gpus: 1 })!
  const second = budget.take({ cpus: 1, memoryMb: 10, gpus: 1 })!
  expect([first.devices, second.devices]).toEqual([['0'], ['1']])
  expect(budget.take({ cpus: 1, memoryMb: 10, gpus: 1 })).toBeUndefined()
  budget.give(first)
  expect(budget.take({ cpus: 1, memoryMb: 10, gpus: 1 })?.devices).toEqual(['0'])
})

test('cuts a request above the whole budget down to it', () => {
  const budget = createBudget({ cpus: 2, memoryMb: 100, devices: [] })
  expect(budget.take({ cpus: 64, memoryMb: 1e6, gpus: 4 })).toEqual({ cpus: 2, memoryMb: 100, devices: [] })
  expect(budget.isSpent).toBe(true)
})

test('gives a stage that runs alone the free CPUs it can use', () => {
  const budget = createBudget({ cpus: 4, memoryMb: 100, devices: [] })
  const wanted = { cpus: 1, maxCpus: 3, memoryMb: 10 }
  const first = budget.take(wanted, true)!
  expect(first.cpus).toBe(3)
  expect(budget.take(wanted, true)?.cpus).toBe(1)
  budget.give(first)
  expect(budget.take(wanted)?.cpus).toBe(1)
})

test('extends a grant by what is free and can be used', () => {
  const budget = createBudget({ cpus: 4, memoryMb: 100, devices: [] })
  const wanted = { cpus: 1, maxCpus: 3, memoryMb: 10 }
  const first = budget.take(wanted)!
  const other = budget.take({ cpus: 2, memoryMb: 10 })!
  const more = budget.extend(first, wanted)!
  expect(more).toEqual({ cpus: 2, memoryMb: 10, devices: [] })
  expect(budget.extend(more, wanted)).toBeUndefined()
  budget.give(other)
  const all = budget.extend(more, wanted)!
  expect(all.cpus).toBe(3)
  budget.give(all)
  expect(budget.take({ cpus: 4, memoryMb: 100 })?.cpus).toBe(4)
})

test('stays inside the devices of the surroundings', () => {
  expect(gpuDevices(2, undefined)).toEqual(['0', '1'])
  expect(gpuDevices(2, '3')).toEqual(['3'])
  expect(gpuDevices(2, 'GPU-a, GPU-b,GPU-c')).toEqual(['GPU-a', 'GPU-b'])
  expect(gpuDevices(2, '')).toEqual([])
})

property.prop([
  fc.array(fc.record({ cpus: fc.integer({ min: 0, max: 6 }), memoryMb: fc.nat(300), gpus: fc.nat(3) }), {
    maxLength: 20,
  }),
])('never grants more than there is, and gets everything back', (requests) => {
  const budget = createBudget({ cpus: 4, memoryMb: 200, devices: ['0', '1'] })
  const granted = requests.flatMap((request) => budget.take(request) ?? [])
  expect(granted.reduce((sum, each) => sum + each.cpus, 0)).toBeLessThanOrEqual(4)
  expect(granted.reduce((sum, each) => sum + each.memoryMb, 0)).toBeLessThanOrEqual(200)
  const devices = granted.flatMap((each) => each.devices)
  expect(new Set(devices).size).toBe(devices.length)
  for (const each of granted) budget.give(each)
  expect(budget.take({ cpus: 4, memoryMb: 200, gpus: 2 })).toEqual({ cpus: 4, memoryMb: 200, devices: ['0', '1'] })
})
