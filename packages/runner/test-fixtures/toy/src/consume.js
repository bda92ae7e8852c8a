import { batchRows, foldTable, mapRows } from '@etsef/plugin-api/streams'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastValueFrom, take } from 'rxjs'

const doubled = (batch) => ({ ...batch, features: batch.features.map((value) => 2 * value) })

const consumers = {
  fast: [mapRows(doubled), batchRows(300)],
  slow: [mapRows(async (batch) => (await sleep(5), doubled(batch)), { concurrency: 2 }), batchRows(300)],
  leaving: [mapRows(doubled), batchRows(300), take(3)],
}

/** Three operators over the rows: they are changed, batched anew and summed up. */
export async function run({ inputs, options: { consumer }, ctx }) {
  const total = foldTable(
    (sum, { ids, features }) => ({ rows: sum.rows + ids.length, sum: sum.sum + features.reduce((a, b) => a + b, 0) }),
    () => ({ rows: 0, sum: 0 }),
  )
  const { rows, sum } = await lastValueFrom(inputs.features.pipe(...consumers[consumer], total))
  ctx.log('info', `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
  return { report: { kind: 'report', dir: ctx.outputDir('report'), metrics: { rows, sum } } }
}
