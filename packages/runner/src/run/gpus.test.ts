import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const project = createProject()
const visible = process.env['CUDA_VISIBLE_DEVICES']
afterEach(() => {
  if (visible === undefined) delete process.env['CUDA_VISIBLE_DEVICES']
  else process.env['CUDA_VISIBLE_DEVICES'] = visible
})
afterAll(() => {
  project.remove()
})

/** Three stages that run at one time, since each waits for the others; the third asks for no GPU. Which device each saw. */
async function devicesSeen(name: string, gpus: number | undefined): Promise<readonly unknown[]> {
  const files = ['a', 'b', 'c'].map((each) => join(project.dir, `${name}-${each}`))
  const nodes = files.map(
    (file, at) =>
      `  n${String(at)}: { use: toy/which-device, in: { features: points }, with: { gpus: ${at < 2 ? '1' : '0'}, here: ${file}, others: [${files.join(', ')}] } }\n`,
  )
  project.write(`${name}.yaml`, `nodes:\n  points: { use: toy/points }\n${nodes.join('')}`)
  const { record } = await project.run(`${name}.yaml`, { jobs: 3, gpus, timeoutMs: 60_000 })
  expect(record.status).toBe('ok')
  return ['n0', 'n1', 'n2'].map((id) => record.stages[id]?.metrics?.['device'])
}

test('two stages that ask for a GPU see different ones, and one that asks for none sees none', async () => {
  delete process.env['CUDA_VISIBLE_DEVICES']
  expect((await devicesSeen('two', 2)).map(Number).sort((a, b) => a - b)).toEqual([-1, 0, 1])
  process.env['CUDA_VISIBLE_DEVICES'] = '5,7'
  const granted = await devicesSeen('granted', 2)
  expect(granted.slice(0, 2).sort()).toEqual([5, 7])
  expect(granted[2]).toBe(-1)
})

test('without --gpus the surroundings stay as they are', async () => {
  delete process.env['CUDA_VISIBLE_DEVICES']
  expect(await devicesSeen('plain', undefined)).toEqual([-2, -2, -2])
  process.env['CUDA_VISIBLE_DEVICES'] = '3'
  expect(await devicesSeen('given', undefined)).toEqual([3, 3, 3])
})
