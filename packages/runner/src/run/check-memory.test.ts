import { expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'
import { machineMemoryMb } from './check-memory.js'

test('a stage above --memory is refused with its place; without the flag a run says that it runs alone', async () => {
  const project = createProject()
  try {
    project.write(
      'p.yaml',
      'nodes:\n  points: { use: toy/points }\n  a: { use: toy/scale, in: { features: points } }\n',
    )
    // The toys declare nothing, which counts as 512 MB.
    const refused = await project.etsef('run', 'p.yaml', '--memory', '256')
    expect(refused.code).toBe(2)
    const text = refused.stdout + refused.stderr
    expect(text).toContain('ERR_OUT_OF_MEMORY')
    expect(text).toMatch(/p\.yaml:2:3/)
    expect(text).toMatch(/p\.yaml:3:3/)
    expect(text).toContain('estimated to need 0.5 GB')
    expect((await project.etsef('plan', 'p.yaml', '--memory', '256')).code).toBe(2)
    expect((await project.etsef('run', 'p.yaml', '--memory', 'much')).code).toBe(2)
    expect((await project.etsef('run', 'p.yaml', '--memory', '1g')).code).toBe(0)
    // What is cached needs nothing.
    expect((await project.etsef('run', 'p.yaml', '--memory', '256')).code).toBe(0)
  } finally {
    project.remove()
  }
})

test('knows the memory of this machine', () => {
  expect(machineMemoryMb()).toBeGreaterThan(100)
})
