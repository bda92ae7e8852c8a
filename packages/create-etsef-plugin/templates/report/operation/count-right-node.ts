import { collectPredictions, type ReportImplementation, type Static } from '@etsef/plugin-api'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { inputs, options, outputs } from './count-right.js'
import { rightByClass } from './right-by-class.js'

type Implementation = ReportImplementation<Static<typeof options>, typeof inputs, typeof outputs>

export const run: Implementation['run'] = async ({ options: { partition }, inputs: { predictions }, ctx }) => {
  const { classNames, labels, predicted, partitions } = await collectPredictions(predictions, ctx.signal)
  const counts = rightByClass(labels, predicted, {
    numClasses: classNames.length,
    isCounted: (row) => partitions[row] === partition,
  })
  const dir = ctx.outputDir('report')
  writeFileSync(
    join(dir, 'counts.json'),
    JSON.stringify(Object.fromEntries(classNames.map((name, k) => [name, counts[k]]))),
  )
  const right = counts.reduce((sum, count) => sum + count.right, 0)
  const all = counts.reduce((sum, count) => sum + count.all, 0)
  return {
    report: {
      kind: 'report',
      dir,
      metrics: { right, all, accuracy: all === 0 ? null : right / all },
      table: {
        columns: ['class', 'right', 'all'],
        rows: classNames.map((name, k) => [name, String(counts[k]!.right), String(counts[k]!.all)]),
      },
    },
  }
}
