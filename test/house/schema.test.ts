import { readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { etsef, read, root } from '../support/etsef.js'

const published = 'schema/pipeline.json'
const pipelines = readdirSync(join(root, 'pipelines'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.yaml'),
)

test('the published schema is that of the operations: npx etsef schema --out schema/pipeline.json', async () => {
  const { stdout, code } = await etsef(['schema'])
  expect(code).toBe(0)
  expect(read(root, published)).toBe(stdout)
})

test.each(pipelines)('editors find the schema by the first line of pipelines/%s', (file) => {
  const path = join(root, 'pipelines', file)
  const [, named] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(read(path)) ?? []
  expect(named).toBeDefined()
  expect(relative(root, resolve(dirname(path), named!))).toBe(published)
})
