// E19: seconds to identify 10,000 unchanged images again, MB/s of the first hash, and whether --paranoid sees what times do not tell.
import { lstatSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { report } from './runner-project.mjs'
import { contentDigest } from '../packages/runner/dist/store/content-digest.js'

const numImages = 10000
const bytes = 24 * 1024
const dir = mkdtempSync(join(tmpdir(), 'etsef-identity-'))
const storeDir = join(dir, 'store')
const data = join(dir, 'data')
mkdirSync(data)
for (let i = 0; i < numImages; i++) writeFileSync(join(data, `${i}.png`), Buffer.alloc(bytes, i % 251))
await new Promise((resolve) => setTimeout(resolve, 200))
const timed = (options = {}) => {
  const started = performance.now()
  const result = contentDigest(data, { storeDir, ...options })
  return { ...result, seconds: (performance.now() - started) / 1000 }
}
const first = timed()
const again = [timed(), timed(), timed()].sort((a, b) => a.seconds - b.seconds)[1]
if (again.digest !== first.digest || again.numRead !== 0) throw new Error('unchanged images were read again')
const file = join(data, '7.png')
const { atime, mtime } = lstatSync(file)
writeFileSync(file, Buffer.alloc(bytes, 255))
utimesSync(file, atime, mtime)
const isCaught = timed({ isParanoid: true }).digest !== first.digest
rmSync(dir, { recursive: true })
const megabytesPerSecond = (numImages * bytes) / 1e6 / first.seconds
report({
  name: 'runner-identity',
  ours: again.seconds,
  bound: 1,
  unit: 's',
  firstHashMBps: Math.round(megabytesPerSecond),
  isCaught,
  ok: again.seconds <= 1 && isCaught && megabytesPerSecond >= 300,
})
