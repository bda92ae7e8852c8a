import { PipelineError } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { orIssue } from './or-issue.js'

const told = (read: () => { readonly rows: number }, option = 'path') => {
  const issues: unknown[][] = []
  const result = orIssue((...issue) => issues.push(issue), option, read)
  return { issues, result }
}

test('gives what is read', () => {
  expect(told(() => ({ rows: 3 }))).toEqual({ issues: [], result: { rows: 3 } })
})
test('tells an error of ours at the option that it names, else at the one given, and knows nothing', () => {
  const fail = (option?: string) => () => {
    throw new PipelineError('ERR_BAD_DATA', { message: 'm', expected: 'e', received: 'r', ...(option && { option }) })
  }
  const details = { expected: 'e', received: 'r' }
  expect(told(fail())).toEqual({ issues: [['path', 'm', details]], result: {} })
  expect(told(fail('groups'))).toEqual({ issues: [['groups', 'm', details]], result: {} })
})
test('lets through what is no error of ours', () => {
  const mistake = new TypeError('a mistake')
  expect(() =>
    told(() => {
      throw mistake
    }),
  ).toThrow(mistake)
})
