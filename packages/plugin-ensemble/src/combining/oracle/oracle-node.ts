import type { ReportImplementation, Static } from '@etsef/plugin-api'
import { diversity } from '../diversity/diversity-model.js'
import { labelledRows } from '../members/labelled-rows.js'
import { balancedErrorOf } from '../members/losses.js'
import { figure, memberReport } from '../members/member-report.js'
import { correctness } from '../members/member.js'
import type { oracleOptions } from './oracle.js'
import { oracleBound } from './oracle-model.js'
import type { memberInputs, memberReportOutputs } from '../members/ports.js'
import { membersOf, readMembers } from '../members/read-members.js'

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
