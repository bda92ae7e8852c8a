import { checkExecutor } from '@etsef/plugin-api/testing'
import { spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commonSubject, executorProject, testRedis, whyNoRedis } from '../support/executors.js'

const why = whyNoRedis()
const project = executorProject()
const redis = testRedis(join(project.dir, 'redis'), 17_379)
const workers: ChildProcess[] = []

beforeAll(async () => {
  if (why === undefined) await redis.start()
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await redis.stop()
  project.dispose()
})

/** A new store with two workers; those of the last one go. */
function storeWithWorkers(): string {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  const store = project.newStore()
  for (let count = 0; count < 2; count++) {
    const words = ['worker', '--redis', redis.url, '--store', store, '--jobs', '2']
    const worker = project.spawn([...words, '--executor-option', 'lockSeconds=2'])
    worker.stdout?.resume()
    worker.stderr?.resume()
    workers.push(worker)
  }
  return store
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

function run(file: string, store: string, ...options: readonly string[]): Promise<Ended> {
  const flags = options.flatMap((option) => ['--executor-option', option])
  const child = project.spawn(['run', file, '--store', store, '--executor', 'bullmq', ...flags])
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) =>
    child.once('close', (code) => {
      resolve({ code, output })
    }),
  )
}

const numPublished = (store: string): number =>
  existsSync(join(store, 'store')) ? readdirSync(join(store, 'store')).length : 0

describe.skipIf(why !== undefined)(`bullmq${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  checkExecutor({
    name: 'bullmq',
    flags: ['--executor', 'bullmq', '--executor-option', `redis=${redis.url}`],
    ...commonSubject(project),
    store: () => Promise.resolve(storeWithWorkers()),
    isAtWork: () => false,
  })

  test('a Redis that lost its queues is given them again', async () => {
    const { file, numKeys } = commonSubject(project).pipeline({ numStages: 8, delayMs: 300 })
    const store = storeWithWorkers()
    const ended = run(file, store, `redis=${redis.url}`)
    while (numPublished(store) < 3) await sleep(20)
    spawnSync('redis-cli', ['-u', redis.url, 'flushall'])
    expect(await ended).toMatchObject({ code: 0 })
    expect(numPublished(store)).toBe(numKeys)
  })

  test('a Redis that stays away ends the run with an error; what was finished is kept', async () => {
    const { file, numKeys } = commonSubject(project).pipeline({ numStages: 8, delayMs: 300 })
    const store = storeWithWorkers()
    const ended = run(file, store, `redis=${redis.url}`, 'patienceSeconds=2')
    while (numPublished(store) < 3) await sleep(20)
    await redis.stop()
    const { code, output } = await ended
    await redis.start()
    expect(code).toBe(1)
    expect(output).toMatch(/ERR_EXECUTOR[^]*does not answer/)
    expect(await run(file, store, `redis=${redis.url}`)).toMatchObject({ code: 0 })
    expect(numPublished(store)).toBe(numKeys)
  })
})

test('a Redis that is not there is said, and nothing is begun', async () => {
  const store = project.newStore()
  project.write('one.yaml', 'nodes:\n  points: { use: toy/points }\n')
  const { code, output } = await run('one.yaml', store, 'redis=redis://me:secret@127.0.0.1:1')
  expect(code).toBe(1)
  expect(output).toMatch(/ERR_EXECUTOR[^]*Redis at redis:\/\/127\.0\.0\.1:1 does not answer[^]*ECONNREFUSED/)
  expect(readdirSync(join(store, 'runs'))).toEqual([])
})
