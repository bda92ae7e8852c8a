import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const megabyte = 2 ** 20
/** What V8 says is used; collections leave `living` of it. */
const memory = vi.hoisted(() => ({ used: 0, living: 0, collections: [] as string[] }))

vi.mock('node:v8', () => ({
  setFlagsFromString: () => undefined,
  getHeapStatistics: () => ({ used_heap_size: memory.used, external_memory: 0 }),
}))
vi.mock('node:vm', () => ({
  runInNewContext: () => (options?: { readonly type: string }) => {
    memory.collections.push(options?.type ?? 'all')
    if (options === undefined) memory.used = memory.living
  },
}))

beforeEach(() => {
  vi.stubEnv('ETSEF_ENGINE', undefined)
  vi.resetModules()
  Object.assign(memory, { used: 40 * megabyte, living: 40 * megabyte, collections: [] })
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** What was collected when so much garbage has come since the last collection. */
async function collectedAfter(megabytes: number): Promise<readonly string[]> {
  const { boundGarbage } = await import('./bounded-memory.js')
  // The first call learns what lives.
  boundGarbage()
  memory.collections = []
  memory.used += megabytes * megabyte
  boundGarbage()
  return memory.collections
}

test.each([
  { garbage: 0.5, collected: [] },
  // Of 40 MB that live, an eighth.
  { garbage: 4, collected: ['minor'] },
  { garbage: 6, collected: ['minor', 'all', 'minor'] },
])('$garbage MB of garbage between two batches: $collected', async ({ garbage, collected }) => {
  expect(await collectedAfter(garbage)).toEqual(collected)
})

test.each([
  { garbage: 6, collected: [] },
  { garbage: 32, collected: ['minor'] },
  { garbage: 70, collected: ['minor', 'all', 'minor'] },
])('beside an engine, $garbage MB: $collected', async ({ garbage, collected }) => {
  vi.stubEnv('ETSEF_ENGINE', 'tensorflow')
  memory.used = memory.living = 100 * megabyte
  expect(await collectedAfter(garbage)).toEqual(collected)
})
