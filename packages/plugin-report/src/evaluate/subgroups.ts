import { PipelineError } from '@etsef/plugin-api'
import type { PredictionBatch, Rng } from '@etsef/plugin-api'
import { clusterResamples } from '../intervals/bootstrap.js'
import type { Aligned } from './align.js'
import { evaluate } from './evaluation.js'
import type { Evaluation } from './evaluation.js'
import type { Candidate, Judged } from './judged.js'
import { unknownAttribute } from './unknown-attribute.js'

/** Every input on the rows that have one value of an attribute. */
export interface Subgroup {
  readonly attribute: string
  /** Empty for rows of which it is not known. */
  readonly value: string
  readonly numSamples: number
  readonly numGroups: number
  readonly inputs: readonly SubgroupInput[]
}

/** One input on the rows of a subgroup. */
export interface SubgroupInput extends Pick<Evaluation, 'name' | 'metrics' | 'intervals' | 'warnings'> {
  readonly scoreKind: PredictionBatch['scoreKind']
}

/** How rows of which an attribute is not known are called. */
export const unknownValue = 'not known'

/** What has to be said below a table of subgroups. */
export const subgroupNote =
  'Each subgroup is measured on its own rows alone, with intervals of whole groups. Subgroups that were not chosen before the run are for finding questions: with many of them some differ by chance.'

/** Values above this number make no subgroups: an age in days, an id. */
const mostValues = 50

/** What {@link measureSubgroups} is told. */
export interface SubgroupOptions {
  /** Names of attributes. */
  readonly attributes: readonly string[]
  readonly resamples: number
  readonly confidence: number
  readonly rng: (attribute: string, value: string) => Rng
  readonly signal?: AbortSignal
}

/**
 * Metrics with intervals by the values of attributes, which are sorted; rows of which one is not known are a subgroup, too.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for an attribute that the rows do not have, or that has too many values.
 */
export function measureSubgroups({ judged, candidates }: Aligned, options: SubgroupOptions): readonly Subgroup[] {
  const { attributes = {} } = judged
  return options.attributes.flatMap((attribute) => {
    const values = attributes[attribute]
    if (!values)
      throw new PipelineError('ERR_BAD_OPTION', {
        option: 'subgroups',
        ...unknownAttribute(attribute, Object.keys(attributes)),
      })
    const distinct = [...new Set(values)].sort()
    if (distinct.length > mostValues) throw tooManyValues(attribute, distinct.length)
    return distinct.map((value) => {
      options.signal?.throwIfAborted()
      const rows = [...values.keys()].filter((row) => values[row] === value)
      const own = rowsOfJudged(judged, rows)
      const { resamples, confidence } = options
      const drawn = clusterResamples({ groups: own.groups, resamples, rng: options.rng(attribute, value) })
      return {
        attribute,
        value,
        numSamples: rows.length,
        numGroups: new Set(own.groups).size,
        inputs: candidates.map((candidate): SubgroupInput => {
          const { name, scoreKind, metrics, intervals, warnings } = evaluate(
            own,
            rowsOfCandidate(candidate, rows, judged.classNames.length),
            { resamples: drawn, confidence },
          )
          return { name, scoreKind, metrics, intervals, warnings }
        }),
      }
    })
  })
}

function rowsOfJudged({ yTrue, groups, classNames }: Judged, rows: readonly number[]): Judged {
  return { yTrue: Int32Array.from(rows, (row) => yTrue[row]!), groups: rows.map((row) => groups[row]!), classNames }
}

function rowsOfCandidate(candidate: Candidate, rows: readonly number[], width: number): Candidate {
  const scores = new Float64Array(rows.length * width)
  rows.forEach((row, at) => {
    scores.set(candidate.scores.subarray(row * width, (row + 1) * width), at * width)
  })
  return { ...candidate, yPred: Int32Array.from(rows, (row) => candidate.yPred[row]!), scores }
}

function tooManyValues(attribute: string, count: number): PipelineError {
  return new PipelineError('ERR_BAD_OPTION', {
    message: `Attribute "${attribute}" has too many values for subgroups`,
    option: 'subgroups',
    expected: `at most ${String(mostValues)}`,
    received: String(count),
    hint: 'put its values into bins in the table: age 0-39, 40-59, 60 and above',
  })
}
