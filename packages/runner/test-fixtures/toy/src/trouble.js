import { PipelineError } from '@etsef/plugin-api'
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'

export async function open({ options: { mode, flag }, ctx }) {
  return {
    async apply(batch) {
      const reverse = (values) => [...values].reverse()
      switch (mode) {
        case 'throw':
          throw new RangeError('boom')
        case 'code':
          throw new PipelineError('ERR_NOT_FINITE', {
            message: 'a value is not finite',
            expected: 'finite',
            received: 'NaN',
            hint: 'look at row 3',
          })
        case 'exit':
          process.exit(7)
          break
        case 'kill':
          process.kill(process.pid, 'SIGKILL')
          await new Promise(() => undefined)
          break
        case 'kill-once':
          if (!existsSync(flag)) {
            writeFileSync(flag, '')
            process.kill(process.pid, 'SIGKILL')
            await new Promise(() => undefined)
          }
          break
        case 'hang':
          await new Promise(() => setTimeout(() => undefined, 1e8))
          break
        case 'busy':
          for (;;);
        case 'oom':
          process.kill(process.pid, 'SIGABRT')
          await new Promise(() => undefined)
          break
        case 'swell':
          await swell()
          break
        case 'swell-below':
          // A process of its own, in the group of the worker.
          spawn(process.execPath, ['-e', `(${String(swell)})()`])
          await new Promise(() => undefined)
          break
        case 'reject':
          void Promise.reject(new RangeError('nobody waits for this'))
          await new Promise((resolve) => setTimeout(resolve, 2000))
          break
        case 'reject-late':
          setTimeout(() => void Promise.reject('not even an error'), 10)
          await new Promise((resolve) => setTimeout(resolve, 2000))
          break
        case 'throw-late':
          setTimeout(() => {
            throw new TypeError('thrown by a timer')
          }, 10)
          await new Promise((resolve) => setTimeout(resolve, 2000))
          break
        case 'drop':
          return {
            features: {
              ...batch,
              ids: batch.ids.slice(1),
              features: batch.features.subarray(batch.featureNames.length),
            },
          }
        case 'reorder':
          return { features: { ...batch, ids: reverse(batch.ids) } }
        case 'rename':
          return { features: { ...batch, ids: batch.ids.map((id) => `${id}!`) } }
        case 'relabel':
          return {
            features: {
              ...batch,
              labels: batch.labels.map(() => 0),
              partitions: batch.ids.map(() => 'train'),
              groups: batch.ids.map(() => 'x'),
              sourceIds: batch.ids,
            },
          }
        case 'width':
          return {
            features: {
              ...batch,
              features: batch.features.map((v) => v),
              featureNames: [...batch.featureNames, 'extra'],
            },
          }
        case 'wrong-kind':
          return { features: { ...batch, kind: 'predictions' } }
        case 'peek':
          if (batch.labels.some((label) => label !== -1)) throw new Error('labels are visible')
          break
        case 'metric':
          ctx.metric('loss', 0.5, 1)
          ctx.metric('loss', 0.25, 2)
          ctx.log('warn', 'slow')
          break
        default:
      }
      return { features: batch }
    },
  }
}

/** Takes 20 MB of memory every 10 ms, up to 3 GB. */
async function swell() {
  const kept = []
  for (let i = 0; i < 150; i++) {
    kept.push(Buffer.alloc(20 * 2 ** 20, i + 1))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await new Promise((resolve) => setTimeout(resolve, 60_000))
  return kept
}
