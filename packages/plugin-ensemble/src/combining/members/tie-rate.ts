import type { SeedlessContext } from '@etsef/plugin-api'
import type { VoteResult } from '../vote/vote-model.js'

/** Counts ties over the batches of a vote. */
export interface TieCount {
  add(vote: Pick<VoteResult, 'tied'>): void
  /** Records the share of rows with a tie. */
  record(this: void): void
}

/** No rows yet. */
export function countTies(ctx: SeedlessContext): TieCount {
  let [numTied, numRows] = [0, 0]
  return {
    add({ tied }) {
      numRows += tied.length
      numTied = tied.reduce((sum, flag) => sum + flag, numTied)
    },
    record: () => {
      ctx.metric('tieRate', numRows === 0 ? 0 : numTied / numRows)
    },
  }
}
