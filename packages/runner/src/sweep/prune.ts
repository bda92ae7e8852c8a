import type { PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import type { TrialResult } from './journal.js'
import type { PruneDeclaration } from './read-prune.js'
import type { Trial } from './trial.js'

/** Trials that differ in their repeats alone. */
export interface Contestant {
  readonly name: string
  /** In the order of their repeats. */
  readonly trials: readonly string[]
}

/** Trials by what distinguishes them beside repeats. */
export function contestants(trials: readonly Trial[]): readonly Contestant[] {
  const groups = new Map<string, string[]>()
  for (const { id, factors } of trials) {
    const name = Object.entries(factors)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ')
    groups.set(name, [...(groups.get(name) ?? []), id])
  }
  return [...groups].map(([name, ids]) => ({ name, trials: ids }))
}

/** After how many repeats contestants are compared, the last of which is all of them: for `halving` twice as many each time. */
export function rungsOf({ rule, after }: PruneDeclaration, numRepeats: number): readonly number[] {
  const rungs: number[] = []
  for (let rung = after; rung < numRepeats; rung = rule === 'halving' ? 2 * rung : rung + 1) rungs.push(rung)
  return [...rungs, numRepeats]
}

/** What a contestant has reached. */
export interface Standing {
  readonly contestant: Contestant
  /** Mean of the figure over its repeats so far; `undefined`: none of them has it. */
  readonly mean: number | undefined
}

/**
 * Who goes on. Nobody is judged who has no figure.
 *
 * `median`: whoever is not below the median of all, of those given up what they had reached. `halving`: the better half of those that are left.
 *
 * @param gone - Those that were given up before.
 */
export function survivors(
  { rule, goal }: PruneDeclaration,
  running: readonly Standing[],
  gone: readonly Standing[],
): readonly Contestant[] {
  const sign = goal === 'max' ? 1 : -1
  const judged = running.flatMap((each) => (each.mean === undefined ? [] : [{ ...each, score: sign * each.mean }]))
  const spared = new Set(running.filter(({ mean }) => mean === undefined).map(({ contestant }) => contestant))
  if (rule === 'halving') {
    const best = [...judged].sort((a, b) => b.score - a.score).slice(0, Math.ceil(judged.length / 2))
    for (const { contestant } of best) spared.add(contestant)
  } else {
    const scores = [...running, ...gone].flatMap(({ mean }) => (mean === undefined ? [] : [sign * mean]))
    const middle = median(scores)
    for (const { contestant, score } of judged) if (score >= middle) spared.add(contestant)
  }
  return running.map(({ contestant }) => contestant).filter((contestant) => spared.has(contestant))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** The one figure that contestants are compared by. @throws PipelineError where the name is that of none, or of several. */
export function figureOf(
  { metrics }: Pick<TrialResult, 'metrics'>,
  name: string,
  place: PruneDeclaration['place'],
): string {
  const all = Object.keys(metrics)
  const found = all.includes(name) ? [name] : all.filter((each) => each.endsWith(`.${name}`))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw ambiguous(name, found, all, place)
}

function ambiguous(
  name: string,
  found: readonly string[],
  all: readonly string[],
  place: PruneDeclaration['place'],
): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${name}" is ${found.length === 0 ? 'no figure' : `${String(found.length)} figures`} of a trial: trials cannot be pruned by it`,
    place,
    expected: 'prune: { metric: node.name } of one figure',
    received: found.slice(0, 6).join(', ') || undefined,
    hint: suggest(name, found.length > 0 ? found : all, 'figures'),
  })
}
