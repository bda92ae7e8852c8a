import type { ReportImplementation, Static } from '@etsef/plugin-api'
import { diversity } from './diversity.js'
import { labelledRows } from './labelled-rows.js'
import { balancedErrorOf } from './losses.js'
import { figure, memberReport } from './member-report.js'
import { correctness } from './member.js'
import type { oracleOptions } from './options.js'
import { oracleBound } from './oracle.js'
import type { memberInputs, memberReportOutputs } from './ports.js'
import { membersOf, readMembers } from './read-members.js'

/** Adapter of `ensemble/oracle`. */
export const oracleNode: ReportImplementation<
  Static<typeof oracleOptions>,
  typeof memberInputs,
  typeof memberReportOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, 'hard')
    const known = labelledRows(rows, members, options.partition)
    const bound = oracleBound(known.members, known.labels)
    const { mean, effectiveMembers } = diversity(correctness(known.members, known.labels), members.length)
    const figures = { ...bound, ...mean, effectiveMembers, numMembers: members.length, numSamples: known.labels.length }
    const perMember = known.members.map(({ name, predicted }) => [
      name,
      figure(1 - balancedErrorOf(predicted, known.labels, rows.classNames.length)),
    ])
    const table = {
      columns: ['', `balanced accuracy on ${known.labels.length} ${options.partition} rows`],
      rows: [...perMember, ['oracle', figure(bound.balancedAccuracy)]],
    }
    return { report: await memberReport(ctx, figures, table) }
  },
}
