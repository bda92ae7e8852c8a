import type { RunFacts } from '@etsef/plugin-api'
import { isCombination, isTrained, nodeOf, upstreamOf } from './graph-facts.js'
import type { NamedRivals, StoredComparison, StoredEvaluation, StoredInput } from './told.js'

/** What a paired comparison says of the reference. */
export type Verdict = 'better' | 'worse' | 'not told apart' | 'not compared'

/**
 * What another input is to the reference: the single model that validation rows chose, the best single model of the reported rows, the best network
 * on its own, the frozen baseline.
 */
export type Role = 'chosen' | 'single' | 'network' | 'frozen'

/** Another input that the reference is held against, and what came of it. */
export interface Rival {
  readonly role: Role
  /** Position among the inputs of the evaluation. */
  readonly input: number
  readonly name: string
  /** Position among the comparisons, or -1. */
  readonly comparison: number
  readonly verdict: Verdict
}

/** What stands in the first lines of a page. */
export interface Headline {
  /** Position of the reference among the inputs. */
  readonly reference: number
  /** In the order of {@link Role}, each at most once. */
  readonly rivals: readonly Rival[]
}

/**
 * Whom the reference is held against, found by what they stand on, or, without facts, by the names that the pipeline gives.
 *
 * The best single model and network are those of the reported rows, chosen after the fact, which flatters *them*: a reference that beats them has
 * beaten a choice that nobody could have made beforehand. The one that validation rows chose is not flattered. The frozen baseline is the simplest
 * model that stands on no network trained in this run.
 */
export function headlineOf(evaluation: StoredEvaluation, facts: RunFacts | null, named: NamedRivals): Headline {
  const { inputs, reference } = evaluation
  const others = inputs.filter(({ name }) => name !== reference)
  const roles =
    facts === null ? namedRoles(others, named, evaluation.primaryMetric) : foundRoles(others, facts, evaluation)
  const rivals: Rival[] = []
  for (const [role, input] of roles) {
    // One that is both is told of once.
    if (input === undefined || (role === 'network' && rivals.some(({ name }) => name === input.name))) continue
    const comparison = evaluation.comparisons.findIndex(({ other }) => other === input.name)
    rivals.push({
      role,
      input: inputs.indexOf(input),
      name: input.name,
      comparison,
      verdict: verdictOf(evaluation.comparisons[comparison]),
    })
  }
  return { reference: inputs.findIndex(({ name }) => name === reference), rivals }
}

type Roles = readonly (readonly [Role, StoredInput | undefined])[]

/** Without a record nobody can say which inputs combine others, so that a best single model is not told. */
function namedRoles(
  others: readonly StoredInput[],
  { baseline, single, networks }: NamedRivals,
  metric: string,
): Roles {
  const find = (wanted: string): StoredInput | undefined => others.find(({ name }) => name === wanted)
  return [
    ['chosen', find(single)],
    [
      'network',
      best(
        networks.flatMap((name) => find(name) ?? []),
        metric,
      ),
    ],
    ['frozen', find(baseline)],
  ]
}

function foundRoles(others: readonly StoredInput[], facts: RunFacts, { primaryMetric }: StoredEvaluation): Roles {
  const singles = others.filter(({ name }) => !isCombination(facts, name))
  const networks = singles.filter(({ name }) => {
    const node = nodeOf(facts, name)
    return node !== undefined && isTrained(node)
  })
  const frozen = singles.filter(({ name }) => isFrozen(facts, name))
  const size = (name: string): number => upstreamOf(facts, nodeOf(facts, name)?.id ?? name).length
  return [
    ['chosen', others.find(({ name }) => nodeOf(facts, name)?.operation.endsWith('/single-best'))],
    ['single', best(singles, primaryMetric)],
    ['network', best(networks, primaryMetric)],
    ['frozen', [...frozen].sort((a, b) => size(a.name) - size(b.name))[0]],
  ]
}

/** What the interval of a difference says: one that holds 0 tells nothing apart. */
function verdictOf(comparison: StoredComparison | undefined): Verdict {
  const interval = comparison?.differenceInterval
  if (interval === undefined || interval === null)
    return comparison?.difference === 0 ? 'not told apart' : 'not compared'
  if (interval.low > 0) return 'better'
  return interval.high < 0 ? 'worse' : 'not told apart'
}

function isFrozen(facts: RunFacts, input: string): boolean {
  const node = nodeOf(facts, input)
  return node !== undefined && !upstreamOf(facts, node.id).some(isTrained)
}

function best(inputs: readonly StoredInput[], metric: string): StoredInput | undefined {
  return inputs.reduce<StoredInput | undefined>(
    (top, input) => ((input.metrics[metric] ?? -1) > (top?.metrics[metric] ?? -1) ? input : top),
    undefined,
  )
}
