import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openStore } from '../store/store.js'
import type { StageSpec } from './protocol.js'
import { createWorkerPool } from './worker-pool.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-pool-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
openStore(dir)

/** A stage whose plugin ends the worker as the kernel would: when it is imported. */
function killedStage(attempt: number): StageSpec {
  const entry = join(dir, 'plugin.mjs')
  writeFileSync(entry, "process.kill(process.pid, 'SIGKILL')\nawait new Promise(() => undefined)\n")
  const plugin = { entry, packageName: 'killed', version: '1.0.0' }
  const stage = {
    key: 'k',
    node: 'n',
    part: 'run',
    type: 'killed/now',
    plugin,
    options: {},
    seed: '',
    threads: 1,
  } as const
  return { ...stage, inputs: [], outputs: [], specs: {}, storeDir: dir, logFile: join(dir, `${attempt}.log`), attempt }
}

test('a worker that the kernel ended for want of memory is not a lost one', async () => {
  let count = 7
  const pool = createWorkerPool({ size: 1, logDir: dir, cwd: dir, oomKills: () => count })
  const options = { kind: { threads: 1, engine: undefined, devices: undefined }, onMessage: () => undefined }
  const lost = { failure: 'lost', error: { code: 'ERR_LOST' } }
  await expect(pool.run(killedStage(1), options)).rejects.toMatchObject(lost)
  count++
  await expect(pool.run(killedStage(2), options)).rejects.toMatchObject({
    failure: 'oom',
    error: { code: 'ERR_OUT_OF_MEMORY', message: 'The worker process ran out of memory (it was ended by the system)' },
  })
  await expect(pool.run(killedStage(3), options)).rejects.toMatchObject(lost)
  await pool.stop(0)
})

/** A stage whose output never comes, of a plugin that writes a file when nobody listens to it any more. */
function endlessStage(tornDown: string): StageSpec {
  const entry = join(dir, 'endless.mjs')
  writeFileSync(
    entry,
    `import { writeFileSync } from 'node:fs'
const rows = { subscribe: () => ({ unsubscribe: () => writeFileSync(${JSON.stringify(tornDown)}, '') }) }
const output = { kind: 'features', cardinality: 'one', description: 'rows' }
export default { operations: [{
  type: 'endless/rows', kind: 'source', inputs: {}, outputs: { features: output },
  load: async () => ({ run: async () => ({ features: rows }) }),
}] }\n`,
  )
  const plugin = { entry, packageName: 'endless', version: '1.0.0' }
  const stage = { key: 'e', node: 'n', part: 'run', type: 'endless/rows', plugin, options: {}, seed: '', threads: 1 }
  return {
    ...(stage as Omit<StageSpec, 'inputs'>),
    inputs: [],
    outputs: ['features'],
    specs: {},
    storeDir: dir,
    logFile: join(dir, 'endless.log'),
    attempt: 1,
  }
}

test('what runs out of time is unsubscribed from before its process ends', async () => {
  const tornDown = join(dir, 'torn-down')
  const pool = createWorkerPool({ size: 1, logDir: dir, cwd: dir })
  const options = { kind: { threads: 1, engine: undefined, devices: undefined }, onMessage: () => undefined }
  const late = pool.run(endlessStage(tornDown), { ...options, timeoutMs: 3000 })
  await expect(late).rejects.toMatchObject({ failure: 'timeout', error: { code: 'ERR_TIMEOUT' } })
  expect(existsSync(tornDown)).toBe(true)
  expect(pool.pids()).toEqual([])
  await pool.stop(0)
})

/** A stage that fails with the number of its process. */
function tellingStage(name: string): StageSpec {
  const entry = join(dir, 'telling.mjs')
  writeFileSync(entry, 'export default { get operations() { throw new Error(`process ${process.pid}`) } }\n')
  const plugin = { entry, packageName: 'telling', version: '1.0.0' }
  return { ...killedStage(1), type: 'telling/process', plugin, logFile: join(dir, `${name}.log`) }
}

test.each([
  ['takes a stage without one, too', undefined, true],
  ['takes none without where memory is limited: the engine keeps what it has taken', 4000, false],
])('a worker with an engine %s', async (_, memoryMb, isShared) => {
  const pool = createWorkerPool({ size: 1, logDir: dir, cwd: dir, memoryMb })
  const processOf = async (engine: string | undefined): Promise<string> => {
    const kind = { threads: 1, engine, devices: undefined }
    const failed = pool.run(tellingStage(`${String(memoryMb)} ${String(engine)}`), { kind, onMessage: () => undefined })
    return failed.then(
      () => 'none',
      (thrown: unknown) => /process \d+/.exec(String(thrown))?.[0] ?? String(thrown),
    )
  }
  const withEngine = await processOf('tensorflow')
  expect(withEngine).toMatch(/^process \d+$/)
  expect((await processOf(undefined)) === withEngine).toBe(isShared)
  await pool.stop(0)
})

/** A stage that waits until it may use three threads, and fails with what it, and compiled kernels, are told of them. */
function waitingStage(): StageSpec {
  const entry = join(dir, 'waiting.mjs')
  writeFileSync(
    entry,
    `import { setTimeout } from 'node:timers/promises'
export default { operations: [{
  type: 'waiting/threads', kind: 'source', inputs: {}, outputs: {},
  load: async () => ({ run: async ({ ctx }) => {
    const first = ctx.threads
    ctx.log('info', 'begun')
    while (ctx.threads !== 3) await setTimeout(5)
    throw new Error(\`first \${first}, then \${ctx.threads}, kernels \${process.env.ETSEF_KERNEL_THREADS}\`)
  } }),
}] }\n`,
  )
  const plugin = { entry, packageName: 'waiting', version: '1.0.0' }
  return { ...killedStage(1), key: 'w', type: 'waiting/threads', plugin, logFile: join(dir, 'waiting.log') }
}

test('a stage is told of CPUs that it gains while it runs, and of its own only', async () => {
  const pool = createWorkerPool({ size: 1, logDir: dir, cwd: dir })
  const failed = pool.run(waitingStage(), {
    kind: { threads: 1, engine: undefined, devices: undefined },
    timeoutMs: 20_000,
    onMessage: ({ type }) => {
      if (type !== 'log') return
      pool.grant('w', 3)
      pool.grant('k', 2)
    },
  })
  await expect(failed).rejects.toThrow('first 1, then 3, kernels 3')
  await pool.stop(0)
})
