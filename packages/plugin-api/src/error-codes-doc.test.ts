import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes } from './errors.js'

test('docs/errors.md has a section for each code, and only for codes', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const documented = [...text.matchAll(/^## (ERR_\w+)$/gm)].map((match) => match[1])
  expect(documented).toEqual([...errorCodes])
})
