import type { VoteUnit } from '../vote-shap/vote-value.js'

/** What `cases.json` holds. */
export interface CasesJson {
  readonly formatVersion: 1
  readonly partition: string
  /** What the shares are shares of. */
  readonly unit: VoteUnit
  /** Rows of the partition, those that the vote has wrong, and those that are told of. */
  readonly numRows: number
  readonly numWrong: number
  readonly numCases: number
  readonly cases: readonly CaseJson[]
}

/** One case. */
export interface CaseJson {
  readonly id: string
  readonly trueClass: string | null
  /** Null where the vote abstained. */
  readonly answer: string | null
  readonly isRight: boolean | null
  /** The answer, or where the vote abstained the class with the largest score. */
  readonly explainedClass: string
  /** The vote's value for that class. */
  readonly value: number
  /** File of the picture, below the report's folder. */
  readonly picture: string
  readonly maps: readonly CaseMap[]
  readonly classifiers: CaseMembers
  readonly baseModels: CaseMembers | null
}

/** A map over the picture. */
export interface CaseMap {
  /** As the input is named. */
  readonly name: string
  readonly method: string
  readonly unit: string
  readonly explainedClass: string
  /** Raw value that full colour stands for. */
  readonly max: number
  readonly isEmpty: boolean
  readonly file: string
}

/** Who carried a decision: base and shares sum to the vote's value. */
export interface CaseMembers {
  readonly base: number
  readonly members: readonly {
    readonly name: string
    /** Class that it answers; null for one that abstains, or that gives no class. */
    readonly says: string | null
    readonly share: number
  }[]
}
