import { afterAll, expect, test } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

test.each([
  [
    'a source',
    'rows: { use: toy/points, with: { numSamples: 300, twice: true } }',
    /^Output "features" of toy\/points has row id "p0" twice$/,
  ],
  [
    'a combine',
    'one: { use: toy/brighten, in: { images: images } }\n  two: { use: toy/brighten, in: { images: images }, with: { by: 2 } }\n  rows: { use: toy/concat, in: { images: [one, two] } }',
    /^Output "images" of toy\/concat has row id "i\d+" twice$/,
  ],
])('an id that %s gives twice is refused by name', async (_, nodes, message) => {
  project.write('twice.yaml', `nodes:\n  images: { use: toy/generated }\n  ${nodes}\n`)
  const outcome = await project.run('twice.yaml')
  const error = outcome.record.stages['rows']?.error
  expect(error).toMatchObject({ code: 'ERR_DUPLICATE_ID' })
  expect(error?.['message']).toMatch(message)
})
