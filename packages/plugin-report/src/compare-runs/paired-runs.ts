import type { Rng } from '@etsef/plugin-api'
import { pairedDifference } from '../evaluate/compare.js'
import type { IntervalMetric } from '../evaluate/evaluation.js'
import type { Candidate, Judged } from '../evaluate/judged.js'
import { intervalMetrics } from '../evaluate/evaluation.js'
import type { BootstrapInterval } from '../intervals/bootstrap.js'
import { countsOf } from '../evaluate/measure.js'
import { clusterResamples } from '../intervals/bootstrap.js'
import { discordance, mcnemar } from '../paired/mcnemar.js'
import type { PredictedRow, StoredEvaluation } from '../html/told.js'

/** An evaluation of a run. */
export interface RunEvaluation {
  readonly run: string
  /** Node of the evaluation. */
  readonly node: string
  readonly json: StoredEvaluation
  readonly predictions: readonly PredictedRow[]
}

/** An input of an evaluation in two runs. */
export interface PairedInput {
  readonly node: string
  readonly input: string
  readonly metric: string
  readonly first: string
  readonly other: string
  readonly firstValue: number | null
  readonly otherValue: number | null
  /** Whether both runs judged the same rows with the same classes; without that, nothing below is told. */
  readonly isPaired: boolean
  /** Other minus first. */
  readonly difference: number | null
  readonly differenceInterval: BootstrapInterval | null
  readonly onlyFirst: number | null
  readonly onlyOther: number | null
  readonly exactP: number | null
  readonly midP: number | null
}

/** Every input that two runs have by the same name, the other against the first. */
export function pairedInputs(
  first: RunEvaluation,
  other: RunEvaluation,
  { resamples, rng }: { readonly resamples: number; readonly rng: Rng },
): PairedInput[] {
  const metric = first.json.primaryMetric
  // Inputs of an evaluation have the same rows, nearly always: resamples are drawn once for each set of groups.
  const drawn = new Map<string, readonly Int32Array[]>()
  const countsFor = ({ groups }: Judged): readonly Int32Array[] => {
    const key = JSON.stringify(groups)
    const counts = drawn.get(key) ?? countsOf(clusterResamples({ groups, resamples, rng }), groups.length)
    drawn.set(key, counts)
    return counts
  }
  return first.json.inputs.flatMap((own): PairedInput[] => {
    const same = other.json.inputs.find(({ name }) => name === own.name)
    if (same === undefined) return []
    const base = {
      node: first.node,
      input: own.name,
      metric,
      first: first.run,
      other: other.run,
      firstValue: own.metrics[metric] ?? null,
      otherValue: same.metrics[metric] ?? null,
    }
    const unpaired = {
      difference: null,
      differenceInterval: null,
      onlyFirst: null,
      onlyOther: null,
      exactP: null,
      midP: null,
    }
    const joined = joinRows(first, other, own.name)
    if (joined === null || !isIntervalMetric(metric)) return [{ ...base, isPaired: false, ...unpaired }]
    const { judged } = joined
    const difference = pairedDifference(judged, [joined.other, joined.first], {
      metric,
      counts: countsFor(judged),
      confidence: first.json.confidence,
    })
    const counts = discordance({ yTrue: judged.yTrue, first: joined.first.yPred, second: joined.other.yPred })
    const { onlyFirst, onlySecond, exactP, midP } = mcnemar(counts)
    return [
      {
        ...base,
        isPaired: true,
        difference: difference.value,
        differenceInterval: difference.interval,
        onlyFirst,
        onlyOther: onlySecond,
        exactP,
        midP,
      },
    ]
  })
}

/** The rows of an input in both runs, by id; null when they are not the same rows with the same labels and classes. */
function joinRows(
  first: RunEvaluation,
  other: RunEvaluation,
  input: string,
): { judged: Judged; first: Candidate; other: Candidate } | null {
  const { classNames } = first.json
  if (classNames.join('\u0000') !== other.json.classNames.join('\u0000')) return null
  const rowsOf = ({ predictions }: RunEvaluation): PredictedRow[] =>
    predictions.filter((row) => row.input === input).sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = rowsOf(first)
  const others = rowsOf(other)
  const isSame =
    rows.length === others.length &&
    rows.every(({ id, trueClass }, at) => others[at]!.id === id && others[at]!.trueClass === trueClass)
  if (rows.length === 0 || !isSame) return null
  const candidate = (name: string, own: readonly PredictedRow[], { json }: RunEvaluation): Candidate => ({
    name,
    yPred: Int32Array.from(own, ({ predictedClass }) => classNames.indexOf(predictedClass)),
    scores: Float64Array.from(own.flatMap(({ scores }) => scores)),
    scoreKind: scoreKindOf(json, input),
  })
  return {
    judged: {
      yTrue: Int32Array.from(rows, ({ trueClass }) => classNames.indexOf(trueClass)),
      groups: rows.map(({ group }) => group),
      classNames,
    },
    first: candidate('first', rows, first),
    other: candidate('other', others, other),
  }
}

function scoreKindOf({ inputs }: StoredEvaluation, name: string): Candidate['scoreKind'] {
  const kind = inputs.find((input) => input.name === name)?.scoreKind
  return kind === 'probability' || kind === 'voteShare' ? kind : 'margin'
}

function isIntervalMetric(metric: string): metric is IntervalMetric {
  return intervalMetrics.some((known) => known === metric)
}
