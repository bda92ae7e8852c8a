import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})
beforeAll(async () => {
  project.write('toy.yaml', `primaryMetric: accuracy\n${tenStages}`)
  const run = async (...args: string[]): Promise<void> => {
    const { code, stdout } = await project.etsef('run', 'toy.yaml', '-q', ...args)
    expect(code, stdout).toBe(0)
  }
  await run('--tag', 'first')
  await run('--set', 'centred.k=2', '--set', 'a.factor=9', '--seed', '5')
})

test('runs are told from each other by tag, overrides, seed and primary metric', async () => {
  const { stdout } = await project.etsef('runs', '--json')
  const [last, first] = JSON.parse(stdout) as Record<string, unknown>[]
  expect(first).toMatchObject({ tag: 'first', overrides: [], status: 'ok', primary: { name: 'accuracy' } })
  expect(last).toMatchObject({ tag: null, overrides: ['centred.k=2', 'a.factor=9', '--seed 5'], status: 'ok' })
  const shown = (await project.etsef('runs')).stdout
  expect(shown).toContain('centred.k=2 a.factor=9 --seed 5')
  expect(shown).toMatch(/accuracy \d\.\d{3}/)
})

test('a plan tells what changed since the nearest run of a node, not since the last', async () => {
  const { stdout } = await project.etsef('plan', 'toy.yaml', '--set', 'centred.k=3')
  expect(stdout).toMatch(/near:fit +will run +option k of "centred" changed from 4 to 3/)
  expect(stdout).not.toContain('factor')
  expect(stdout).not.toContain('the seed of the run changed')
})
