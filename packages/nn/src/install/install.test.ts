import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BINDING_PATH, cacheEntry, findBinding, givenEntry, hasCudaDevice, MANIFEST_NAME } from './engine-cache.js'
import { engineCacheRoot } from '../engine-packages.js'
import { installEngine, WASM_COST } from './install-engine.js'
import { TENSORFLOW_VERSION } from './versions.js'
import { extractZipEntries } from './zip-entries.js'

let root: string
let env: NodeJS.ProcessEnv
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-install-'))
  env = { XDG_CACHE_HOME: root, CUDA_VISIBLE_DEVICES: '' }
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

function fillCache(): string {
  const entry = cacheEntry(TENSORFLOW_VERSION, env)
  mkdirSync(dirname(join(entry, BINDING_PATH)), { recursive: true })
  writeFileSync(join(entry, BINDING_PATH), 'binding')
  const manifest = {
    tensorflowVersion: TENSORFLOW_VERSION,
    source: 'wheel',
    package: '@tensorflow/tfjs-node',
    files: { [BINDING_PATH]: 7 },
  }
  writeFileSync(join(entry, MANIFEST_NAME), JSON.stringify(manifest))
  return entry
}

describe('the engine cache', () => {
  test('lies below XDG_CACHE_HOME, one entry per TensorFlow, TensorFlow.js and N-API version', () => {
    expect(engineCacheRoot(env)).toBe(join(root, 'etsef', 'engine'))
    expect(cacheEntry('2.21.0', env)).toMatch(/2\.21\.0-4\.22\.0-napi8$/)
  })

  test('counts an entry only when its manifest and every file of the right size are there', () => {
    expect(findBinding(env)).toBeUndefined()
    const entry = fillCache()
    expect(findBinding(env)).toMatchObject({ tensorflowVersion: TENSORFLOW_VERSION, source: 'wheel' })
    truncateSync(join(entry, BINDING_PATH), 3)
    expect(findBinding(env)).toBeUndefined()
    rmSync(entry, { recursive: true })
  })

  test('takes a finished entry that ETSEF_LIBTENSORFLOW names', () => {
    const entry = fillCache()
    const elsewhere = { ...env, XDG_CACHE_HOME: join(root, 'empty'), ETSEF_LIBTENSORFLOW: entry }
    expect(givenEntry(elsewhere)).toBe(entry)
    expect(findBinding(elsewhere)?.path).toBe(join(entry, BINDING_PATH))
    rmSync(entry, { recursive: true })
  })
})

describe('installEngine', () => {
  test('does nothing when the engine is there', async () => {
    const entry = fillCache()
    expect(await installEngine({ env, order: [] })).toMatchObject({ engine: 'tensorflow', cached: true })
    rmSync(entry, { recursive: true })
  })

  test('falls back to WASM, with one line on what that costs, when no source serves', async () => {
    const lines: string[] = []
    const given = { ...env, ETSEF_LIBTENSORFLOW: join(root, 'nothing-here') }
    const result = await installEngine({ env: given, order: ['given'], log: (line) => lines.push(line) })
    expect(result.engine).toBe('wasm')
    expect(result.failures[0]!.reason).toMatch(/no include\/tensorflow/)
    expect(lines.filter((line) => line === WASM_COST)).toHaveLength(1)
  })
})

test('a hidden CUDA device is none', () => {
  expect(hasCudaDevice({ CUDA_VISIBLE_DEVICES: '-1' })).toBe(false)
  expect(hasCudaDevice({ CUDA_VISIBLE_DEVICES: '' })).toBe(false)
})

describe('extractZipEntries', () => {
  const content = new TextEncoder().encode('x'.repeat(100_000) + 'end')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const archive = () => {
    const path = join(root, 'a.zip')
    writeFileSync(path, zipSync({ 'a/deflated': content, 'a/stored': [content, { level: 0 }] }))
    return path
  }

  test.for(['a/deflated', 'a/stored'])('takes out %s and checks its digest', async (entry) => {
    const target = join(root, 'out', entry)
    await extractZipEntries(archive(), [{ entry, target, sha256 }])
    expect(readFileSync(target).equals(content)).toBe(true)
  })

  test('refuses a file with another digest, and a missing entry', async () => {
    const target = join(root, 'out', 'b')
    await expect(extractZipEntries(archive(), [{ entry: 'a/stored', target, sha256: '00' }])).rejects.toThrow(/sha256/)
    await expect(extractZipEntries(archive(), [{ entry: 'a/none', target }])).rejects.toThrow(/no entry/)
  })
})
