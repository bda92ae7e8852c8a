import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from './store.js'
import { temporaryName } from './temporary-name.js'
import { sweepTemporary } from './temporary.js'

test('sweeps what dead processes of this machine left, even when another process has their id now', () => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-temporary-'))
  openStore(dir)
  const own = temporaryName()
  const reused = `${process.pid}-1-0-${hostname()}`
  const elsewhere = '1-1-0-another-machine'
  const dead = `999999999-1-0-${hostname()}`
  for (const name of [own, reused, elsewhere, dead, `${dead}-scratch`]) mkdirSync(join(dir, 'tmp', name))
  sweepTemporary(dir)
  expect(readdirSync(join(dir, 'tmp')).sort()).toEqual([own, elsewhere].sort())
  rmSync(dir, { recursive: true })
})
