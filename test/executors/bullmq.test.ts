import { checkExecutor } from '@etsef/plugin-api/testing'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
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

describe.skipIf(why !== undefined)(`bullmq${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  checkExecutor({
    name: 'bullmq',
    flags: ['--executor', 'bullmq', '--executor-option', `redis=${redis.url}`],
    ...commonSubject(project),
    store() {
      for (const worker of workers.splice(0)) worker.kill('SIGKILL')
      const store = project.newStore()
      for (let count = 0; count < 2; count++) {
        const words = ['worker', '--redis', redis.url, '--store', store, '--jobs', '2']
        workers.push(project.spawn([...words, '--executor-option', 'lockSeconds=2']))
      }
      return Promise.resolve(store)
    },
    isAtWork: () => false,
  })
})
