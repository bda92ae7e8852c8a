import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { describeValue, isBroken, type LocatedMap } from '../pipeline/located.js'
import { asMap, reportUnknownKeys } from '../pipeline/read-pipeline.js'
import { readText } from './read-parts.js'

/** Which choices are given up before all of their repeats are done. */
export interface PruneDeclaration {
  readonly place: Place
  readonly rule: 'median' | 'halving'
  /** Figure that is looked at; left out: the pipeline's primary metric. */
  readonly metric: string | undefined
  /** Repeats that every choice gets. */
  readonly after: number
  readonly goal: 'max' | 'min'
}

/** The `prune` of a sweep; problems of form are reported. */
export function readPrune(map: LocatedMap, problems: PipelineError[]): PruneDeclaration | undefined {
  const entry = map.entries.get('prune')
  const prune = entry && asMap(entry.value, '"prune"', problems)
  if (!entry || !prune) return undefined
  reportUnknownKeys(prune, ['rule', 'metric', 'after', 'goal'], 'pruning', problems)
  const word = <T extends string>(key: string, known: readonly T[], otherwise: T): T => {
    const found = readText(prune, key, problems)
    const chosen = known.find((each) => each === found?.text)
    if (found && !chosen)
      problems.push(
        problem('ERR_BAD_OPTION', {
          message: `"${found.text.slice(0, 80)}" is no "${key}" of a pruning`,
          place: found.place,
          expected: known.join(' or '),
          received: found.text.slice(0, 80),
        }),
      )
    return chosen ?? otherwise
  }
  const rule = word('rule', ['median', 'halving'], 'median')
  const after = prune.entries.get('after')?.value
  const count = after?.kind === 'scalar' ? after.value : undefined
  const isCount = typeof count === 'number' && Number.isSafeInteger(count) && count >= 1
  if (after && !isCount && !isBroken(after))
    problems.push(
      problem('ERR_BAD_OPTION', {
        message: '"after" is not a number of repeats',
        place: after.place,
        expected: 'a whole number ≥ 1',
        received: describeValue(after),
      }),
    )
  return {
    place: entry.place,
    rule,
    metric: readText(prune, 'metric', problems)?.text,
    after: isCount ? count : 3,
    goal: word('goal', ['max', 'min'], 'max'),
  }
}
