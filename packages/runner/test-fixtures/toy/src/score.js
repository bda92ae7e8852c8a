import { collectPredictions } from '@etsef/plugin-api'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function run({ inputs, ctx }) {
  const table = await collectPredictions(inputs.predictions)
  const test = table.ids.flatMap((_, row) => (table.partitions[row] === 'test' ? [row] : []))
  const accuracy = test.filter((row) => table.labels[row] === table.predicted[row]).length / test.length
  const dir = ctx.outputDir('report')
  writeFileSync(join(dir, 'metrics.json'), JSON.stringify({ accuracy, numTest: test.length }))
  return {
    report: {
      kind: 'report',
      dir,
      metrics: { accuracy },
      table: { columns: ['model', 'accuracy'], rows: [['nearest', accuracy.toFixed(3)]] },
    },
  }
}
