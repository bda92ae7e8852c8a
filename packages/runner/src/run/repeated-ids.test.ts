import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

test.each([
  ['a source', 'rows: { use: toy/points, with: { numSamples: 300, twice: true } }', 'p0'],
  [
    'a combine',
    'one: { use: toy/brighten, in: { images: images } }\n  two: { use: toy/brighten, in: { images: images }, with: { by: 2 } }\n  rows: { use: toy/concat, in: { images: [one, two] } }',
    'i0',
  ],
])('an id that %s gives twice is refused by name', async (_, nodes, id) => {
  project.write('twice.yaml', `nodes:\n  images: { use: toy/generated }\n  ${nodes}\n`)
  const outcome = await project.run('twice.yaml')
  expect(outcome.record.stages['rows']?.error).toMatchObject({
    code: 'ERR_DUPLICATE_ID',
    message: `Output "${nodes.startsWith('rows') ? 'features' : 'images'}" has row id "${id}" twice`,
  })
})
