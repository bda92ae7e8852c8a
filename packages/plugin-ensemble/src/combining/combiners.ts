import type { Operation } from '@etsef/plugin-api'
import { abstain } from './abstain/abstain.js'
import { abstainForAccuracy } from './abstain-for-accuracy/abstain-for-accuracy.js'
import { calibrate } from './calibrate/calibrate.js'
import { diversity } from './diversity/diversity.js'
import { dynamicSelection } from './dynamic-selection/dynamic-selection.js'
import { fuse } from './fuse/fuse.js'
import { greedySelection } from './greedy-selection/greedy-selection.js'
import { memberScores } from './member-scores/member-scores.js'
import { oracle } from './oracle/oracle.js'
import { singleBest } from './single-best/single-best.js'
import { stack } from './stack/stack.js'
import { vote } from './vote/vote.js'
import { weightedVote } from './weighted-vote/weighted-vote.js'

/** Operations on the members of an ensemble: combine them, hold back, or report on how they go together. */
export const memberOperations: readonly Operation[] = [
  weightedVote,
  greedySelection,
  stack,
  dynamicSelection,
  singleBest,
  memberScores,
  abstain,
  abstainForAccuracy,
  oracle,
  diversity,
]

/** Every operation of this wing. */
export const combiners: readonly Operation[] = [fuse, vote, calibrate, ...memberOperations]
