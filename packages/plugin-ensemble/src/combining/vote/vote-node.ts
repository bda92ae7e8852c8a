import { collectPredictions, pickPredictions, rowsOf, type CombineImplementation } from '@etsef/plugin-api'
import { of } from 'rxjs'
import { alignRows } from '../../adapter/same-task.js'
import { toBallot } from './to-ballot.js'
import { validationRanks } from './validation-ranks.js'
import type { VoteNodeOptions } from './vote.js'
import type { voteInputs, voteOutputs } from './vote.js'
import { hardVote, softVote } from './vote-model.js'

/** Code of `ensemble/vote`. */
export const run: CombineImplementation<VoteNodeOptions, typeof voteInputs, typeof voteOutputs>['run'] = async ({
  options: { voting, weights, unresolved },
  inputs,
  ctx,
}) => {
  const members = await Promise.all(
    inputs.predictions.map(async ({ name, value }) => ({ name, value: await collectPredictions(value, ctx.signal) })),
  )
  const positions = alignRows(members)
  const aligned = members.map(({ value }, m) => pickPredictions(value, Array.from(positions[m]!)))
  const ballots = aligned.map((batch, m) => toBallot(batch, members[m]!.name, voting))
  const ranks = validationRanks(aligned)
  const options = { unresolved, ...(weights === null ? {} : { weights }), ...(ranks === undefined ? {} : { ranks }) }
  const result = voting === 'hard' ? hardVote(ballots, options) : softVote(ballots, options)
  ctx.metric('tieRate', result.tieRate)
  ctx.log('info', `${members.length} members, ${(100 * result.tieRate).toFixed(1)} % of rows tied`)
  return {
    predictions: of({
      kind: 'predictions' as const,
      ...rowsOf(aligned[0]!),
      scores: result.scores.data,
      scoreKind: voting === 'hard' ? ('voteShare' as const) : ('probability' as const),
      predicted: result.predicted,
    }),
  }
}
