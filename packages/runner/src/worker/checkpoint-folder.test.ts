import { accessSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkpointFolder } from './checkpoint-folder.js'

const storeDir = mkdtempSync(join(tmpdir(), 'etsef-checkpoints-'))
afterAll(() => {
  rmSync(storeDir, { recursive: true })
})
const key = 'f00d'
const folder = join(storeDir, 'checkpoints', key)

test('is named by the key, whether it is there or not', () => {
  rmSync(folder, { recursive: true, force: true })
  expect(checkpointFolder({ storeDir, key })).toBe(folder)
  mkdirSync(folder, { recursive: true })
  expect(checkpointFolder({ storeDir, key })).toBe(folder)
})

test('keeps its name when another process is done with the stage, and removes it, just before it is tried', () => {
  mkdirSync(folder, { recursive: true })
  const removedMeanwhile = (path: string, mode: number): void => {
    expect(existsSync(path)).toBe(true)
    rmSync(path, { recursive: true })
    accessSync(path, mode)
  }
  expect(checkpointFolder({ storeDir, key }, removedMeanwhile)).toBe(folder)
})

test.each(['EACCES', 'EPERM'])('is one of our own where that of another user answers %s', (code) => {
  const closed = (): never => {
    throw Object.assign(new Error(code), { code })
  }
  expect(checkpointFolder({ storeDir, key }, closed)).toBe(`${folder}-${String(process.getuid?.() ?? '')}`)
})
