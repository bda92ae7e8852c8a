import type { CombineImplementation } from '@etsef/plugin-api'
import { diversity } from './diversity-model.js'
import { labelledRows } from '../members/labelled-rows.js'
import { figure, memberReport } from '../members/member-report.js'
import { correctness } from '../members/member.js'
import type { memberInputs, memberReportOutputs } from '../members/ports.js'
import { membersOf, readMembers } from '../members/read-members.js'

/** Adapter of `ensemble/diversity`: a combine, so that looking at it reads no test label. */
export const diversityNode: CombineImplementation<object, typeof memberInputs, typeof memberReportOutputs> = {
  run: async ({ inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const members = membersOf(aligned, 'hard')
    const known = labelledRows(aligned.rows, members, 'val')
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
