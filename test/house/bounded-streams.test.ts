// The rule that ships for authors of plugins, as ESLint runs it.
import { recommended } from '@etsef/plugin-api/eslint'
import { Linter } from 'eslint'
import { expect, test } from 'vitest'

const found = (code: string): (string | undefined)[] =>
  new Linter()
    .verify(
      `import { mergeMap as merged, mergeMap, buffer, bufferCount, shareReplay, concatMap } from 'rxjs'\n${code}`,
      [{ languageOptions: { sourceType: 'module', ecmaVersion: 2023 }, ...recommended }],
    )
    .map(({ messageId }) => messageId)

test.for([
  ['mergeMap(slow)', ['mergeMap']],
  ['merged(slow, Infinity)', ['mergeMap']],
  ['mergeMap(slow, 4)', []],
  ['concatMap(slow)', []],
  ['buffer(signal$)', ['buffer']],
  ['bufferCount(4)', []],
  ['shareReplay()', ['shareReplay']],
  ['shareReplay({ refCount: true })', ['shareReplay']],
  ['shareReplay({ bufferSize: 1, refCount: true })', []],
  ['shareReplay(1)', []],
] as const)('%s', ([call, expected]) => {
  expect(found(`export const operator = ${call}`)).toEqual(expected)
})

test('functions of the same name from elsewhere are left alone', () => {
  expect(new Linter().verify("import { buffer } from './own.js'\nbuffer(1)", [recommended as Linter.Config])).toEqual(
    [],
  )
})
