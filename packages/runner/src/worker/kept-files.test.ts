import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createKeptFiles } from './kept-files.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-kept-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})

function aFile(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

test('a file is read once while it stays as it is, and again when it changes', () => {
  const files = createKeptFiles(100)
  const path = aFile('a', 'one')
  let numMade = 0
  const make = (bytes: Buffer): string => {
    numMade++
    return bytes.toString()
  }
  expect([files.get(path, 'text', make), files.get(path, 'text', make)]).toEqual(['one', 'one'])
  expect(numMade).toBe(1)
  rmSync(path)
  expect(() => files.get(path, 'text', make)).toThrow('ENOENT')
  aFile('a', 'two')
  expect(files.get(path, 'text', make)).toBe('two')
})

test('the oldest go when there is too much, and what cannot be made is not kept', () => {
  const files = createKeptFiles(10)
  const made: string[] = []
  const get = (name: string): void => {
    files.get(aFile(name, '123456'), 'text', () => made.push(name))
  }
  get('b')
  get('c')
  get('b')
  expect(made).toEqual(['b', 'c', 'b'])
  const bad = aFile('d', 'x')
  const refuse = (): never => {
    throw new Error('no')
  }
  expect(() => files.get(bad, 'text', refuse)).toThrow('no')
  expect(files.get(bad, 'text', String)).toBe('x')
})
