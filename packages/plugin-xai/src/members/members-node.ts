import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collectImages, type OperationContext, type ReportImplementation } from '@etsef/plugin-api'
import { explainedRows } from '../explained/explained-rows.js'
import { membersReport } from './members-report.js'
import { shareCases } from './share-cases.js'
import type { MembersOptions, membersInputs, membersOutputs } from './members.js'

type Implementation = ReportImplementation<
  MembersOptions,
  typeof membersInputs,
  typeof membersOutputs,
  OperationContext
>

/** Shares of every chosen case, and their means. */
export const run: Implementation['run'] = async ({ options, inputs: { images: images$, predictor }, ctx }) => {
  const images = await collectImages(images$, ctx.signal)
  const chosen = explainedRows(images.partitions, options)
  const { cases, games } = await shareCases({ images, chosen, predictor }, options, ctx)
  const report = membersReport(cases, games, options.value)
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'members.json'), `${JSON.stringify(report.json, null, 1)}\n`)
  return { report: { kind: 'report', dir, metrics: report.metrics, table: report.table } }
}
