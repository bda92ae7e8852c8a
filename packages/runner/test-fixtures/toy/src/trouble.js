import { PipelineError } from '@etsef/plugin-api'
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
