import type { ReportImplementation, Static } from '@etsef/plugin-api'
import { diversity } from './diversity.js'
import { labelledRows } from './labelled-rows.js'
import { figure, memberReport } from './member-report.js'
import { correctness } from './member.js'
import type { memberReportOptions } from './options.js'
import type { memberInputs, memberReportOutputs } from './ports.js'
import { membersOf, readMembers } from './read-members.js'

/** Adapter of `ensemble/diversity`. */
export const diversityNode: ReportImplementation<
  Static<typeof memberReportOptions>,
  typeof memberInputs,
  typeof memberReportOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, 'hard')
    const known = labelledRows(rows, members, options.partition)
    const { pairs, mean, effectiveMembers } = diversity(correctness(known.members, known.labels), members.length)
    const table = {
      columns: ['pair', 'Q', 'disagreement', 'double fault', 'kappa', 'correlation'],
      rows: pairs.map(({ a, b, measures }) => [
        `${members[a]!.name}, ${members[b]!.name}`,
        ...[measures.q, measures.disagreement, measures.doubleFault, measures.kappa, measures.correlation].map(figure),
      ]),
    }
    const figures = { ...mean, effectiveMembers, numMembers: members.length, numSamples: known.labels.length }
    return { report: await memberReport(ctx, figures, table) }
  },
}
