import type { RunFacts } from '@etsef/plugin-api'
import type { Source } from './figure.js'

/** A `metrics.json` of `report/evaluate`, as far as pages read it. */
export interface StoredEvaluation {
  readonly partition: string
  readonly primaryMetric: string
  readonly confidence: number
  readonly numResamples: number
  readonly reference: string
  readonly classNames: readonly string[]
  readonly inputs: readonly StoredInput[]
  readonly comparisons: readonly StoredComparison[]
  readonly subgroups?: readonly StoredSubgroup[]
}

/** Every input on the rows of one value of an attribute. */
export interface StoredSubgroup {
  readonly attribute: string
  readonly value: string
  readonly inputs: readonly { readonly name: string; readonly scoreKind: string }[]
}

/** One input of an evaluation. */
export interface StoredInput {
  readonly name: string
  readonly numSamples: number
  readonly numGroups: number
  readonly scoreKind: string
  readonly metrics: Readonly<Record<string, number | null>>
  readonly intervals: Readonly<Record<string, unknown>>
  readonly perClass: readonly { readonly className: string }[]
  readonly calibration?: { readonly equalWidth: { readonly bins: readonly StoredBin[] } } | null
  readonly fromValidation?: {
    readonly temperature: { readonly calibration: { readonly bins: readonly StoredBin[] } }
  } | null
  readonly warnings: readonly string[]
}

/** A bin of a reliability curve. */
export interface StoredBin {
  readonly confidence: number
  readonly accuracy: number
  readonly count: number
}

/** A curve with its band. */
export interface StoredBand {
  readonly value: readonly (number | null)[]
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
}

/** A `curves.json` of `report/evaluate`. */
export interface StoredCurves {
  readonly axes: Readonly<Record<'falsePositiveRate' | 'recall' | 'threshold' | 'coverage', readonly number[]>>
  readonly inputs: readonly {
    readonly name: string
    readonly scoreKind: string
    readonly classes: readonly {
      readonly className: string
      readonly roc: StoredBand
      readonly precision: StoredBand
      readonly netBenefit: StoredBand | null
      readonly treatAll: readonly number[]
    }[]
    readonly risk: StoredBand
  }[]
}

/** The reference against another input. */
export interface StoredComparison {
  readonly reference: string
  readonly other: string
  readonly difference: number | null
  readonly differenceInterval: { readonly low: number; readonly high: number } | null
}

/** A picture of an explanation, and what it is of. */
export interface ExplainedImage {
  readonly id: string
  readonly file: string
  readonly trueClass?: string
  readonly explainedClass?: string
  readonly predictedClass?: string
}

/** A `cases.json` of `xai/cases`, as far as pages read it. */
export interface StoredCases {
  readonly unit: string
  readonly numRows: number
  readonly numCases: number
  readonly cases: readonly StoredCase[]
}

/** One case, with files of its pictures. */
export interface StoredCase {
  readonly id: string
  readonly trueClass: string | null
  readonly answer: string | null
  readonly isRight: boolean | null
  readonly explainedClass: string
  readonly picture: string
  readonly maps: readonly {
    readonly name: string
    readonly method: string
    readonly unit: string
    readonly explainedClass: string
    readonly isEmpty: boolean
    readonly file: string
  }[]
  readonly classifiers: StoredMembers
  readonly baseModels: StoredMembers | null
}

/** Members of a vote with what each says, and its share of the decision. */
export interface StoredMembers {
  readonly members: readonly { readonly name: string; readonly says: string | null; readonly share: number }[]
}

/** One row of the table of predictions of an evaluation. */
export interface PredictedRow {
  readonly input: string
  readonly id: string
  readonly group: string
  readonly trueClass: string
  readonly predictedClass: string
  /** One a class, in the order of the class list. */
  readonly scores: readonly number[]
}

/** A report that was read. */
export interface ReadReport {
  /** Node, or `node.port`. */
  readonly name: string
  readonly dir: string
  /** Texts, as safe HTML. */
  readonly texts: readonly string[]
  readonly images: readonly ReadImage[]
  readonly metrics: Readonly<Record<string, number | null>>
  readonly evaluation?: {
    readonly source: Source
    readonly json: StoredEvaluation
    readonly predictions: readonly PredictedRow[]
    readonly curves?: StoredCurves
  }
  readonly explanation?: { readonly source: Source; readonly images: readonly ExplainedImage[] }
  readonly cases?: { readonly source: Source; readonly json: StoredCases }
}

/** A figure file of a report. */
export interface ReadImage {
  readonly name: string
  readonly type: 'image/svg+xml' | 'image/png'
  readonly data: Uint8Array
}

/** Inputs that a pipeline names for a page that no record tells of them. */
export interface NamedRivals {
  /** The frozen baseline; empty: none. */
  readonly baseline: string
  /** The single model that validation rows chose; empty: none. */
  readonly single: string
  readonly networks: readonly string[]
}

/** Everything that a page tells of. */
export interface Told {
  readonly title: string
  readonly facts: RunFacts | null
  /** Whom the reference is held against, where no facts tell. */
  readonly named: NamedRivals
  /** The facts, for figures; `{}` without them. */
  readonly record: Source
  readonly reports: readonly ReadReport[]
  /** What was concluded from the others; figures of it name it. */
  readonly findings: Source
}

/** The reports that are evaluations, with what they hold. */
export function evaluationsOf({
  reports,
}: Pick<Told, 'reports'>): (NonNullable<ReadReport['evaluation']> & { readonly name: string })[] {
  return reports.flatMap(({ name, evaluation }) => (evaluation ? [{ name, ...evaluation }] : []))
}
