import type { ReportTable } from '@etsef/plugin-api'
import { PipelineError } from '@etsef/plugin-api'
import { formatNumber } from '../overlay/draw-panel.js'
import type { VoteUnit } from '../vote-shap/vote-value.js'
import type { SharedDecision } from './share-decision.js'

/** What is known of a case besides shares. */
export interface CaseShares {
  readonly id: string
  readonly explainedClass: string
  readonly trueClass: string | null
  /** The vote gave no answer; the class with the largest score is explained. */
  readonly isAbstained: boolean
  /** Value of the vote as it was answered. */
  readonly value: number
}

/** Shares of all cases among players of a kind. */
export interface GameShares {
  readonly of: 'classifiers' | 'baseModels'
  readonly names: readonly string[]
  readonly decisions: readonly SharedDecision[]
}

/** Distance from the vote's value that rounding may cause. */
const exactness = 1e-9

/** What `members.json` holds. */
export interface MembersJson {
  readonly unit: VoteUnit
  readonly cases: readonly (CaseShares & {
    readonly classifiers: CaseGame
    readonly baseModels?: CaseGame
  })[]
}

/** Shares of one case: base plus shares is the value of the vote. */
export interface CaseGame {
  readonly base: number
  readonly shares: Readonly<Record<string, number>>
}

/**
 * Shares as they are written, and their means.
 *
 * @throws PipelineError `ERR_NOT_ADDITIVE` for shares that do not sum to the vote's own value within 1e-9.
 */
export function membersReport(
  cases: readonly CaseShares[],
  games: readonly GameShares[],
  unit: VoteUnit,
): {
  readonly json: MembersJson
  readonly metrics: Readonly<Record<string, number>>
  readonly table: ReportTable
} {
  let worst = 0
  for (const { of, decisions } of games) {
    decisions.forEach(({ shares, base }, i) => {
      const { id, value } = cases[i]!
      const sum = shares.reduce((total, share) => total + share, base)
      worst = Math.max(worst, Math.abs(sum - value))
      if (Math.abs(sum - value) <= exactness * Math.max(1, Math.abs(value))) return
      throw new PipelineError('ERR_NOT_ADDITIVE', {
        message: `The shares of the ${of === 'classifiers' ? 'classifiers' : 'base models'} in row "${id}" do not sum to the vote`,
        expected: String(value),
        received: String(sum),
      })
    })
  }
  const means = games.flatMap(({ of, names, decisions }) =>
    names.map((name, player) => {
      const shares = decisions.map((decision) => decision.shares[player]!)
      const isRight = cases.map(({ explainedClass, trueClass }) => explainedClass === trueClass)
      return {
        of,
        name,
        all: mean(shares.map(Math.abs)),
        right: mean(shares.filter((_, i) => isRight[i])),
        wrong: mean(shares.filter((_, i) => !isRight[i] && cases[i]!.trueClass !== null)),
      }
    }),
  )
  const shown = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(value))
  return {
    json: {
      unit,
      cases: cases.map((each, i) => ({
        ...each,
        classifiers: caseOf(games[0]!, i),
        ...(games[1] === undefined ? {} : { baseModels: caseOf(games[1], i) }),
      })),
    },
    metrics: {
      numCases: cases.length,
      residual: worst,
      ...Object.fromEntries(means.map(({ of, name, all }) => [`${of}.${name}`, all ?? 0])),
    },
    table: {
      columns: ['player', `mean |share| (${unit})`, 'mean share where the vote is right', 'where it is wrong'],
      rows: means.map(({ of, name, all, right, wrong }) => [
        `${of === 'classifiers' ? 'classifier' : 'base model'} ${name}`,
        shown(all),
        shown(right),
        shown(wrong),
      ]),
    },
  }
}

function caseOf({ names, decisions }: GameShares, i: number): CaseGame {
  const { base, shares } = decisions[i]!
  return { base, shares: Object.fromEntries(names.map((name, player) => [name, shares[player]!])) }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
