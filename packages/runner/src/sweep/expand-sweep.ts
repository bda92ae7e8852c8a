import { canonicalJson, type PipelineError, type Place } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { ablations, type Ablation } from './ablations.js'
import type { SweepBlock, SweepDocument } from './read-sweep.js'
import { mergeSettings, trialId, valueText, type Setting, type Trial } from './trial.js'

/** Trials of one sweep. Every trial is planned and kept in memory. */
const maxTrials = 10_000

/** Part of a trial: what one thing that is varied contributes. */
interface Choice {
  readonly settings: readonly Setting[]
  readonly factors: Readonly<Record<string, string>>
  readonly repeat: Readonly<Record<string, string>>
  readonly isAblated: boolean
  /** Where the last thing that it chooses is written. */
  readonly place: Place
}

/**
 * The trials of a sweep, in the order of the text: of what stands beside each other every combination, of a union one after the other.
 *
 * @param graph - Of the pipeline with the sweep's own `base`; ablations are taken from it.
 * @param splits - Alternatives that the repetition of splits gives.
 */
export function expandSweep(
  { block, repeat }: SweepDocument,
  graph: Graph,
  splits: readonly Setting[],
  problems: PipelineError[],
): readonly Trial[] {
  const known = new Map<SweepBlock, readonly Ablation[]>()
  findAblations(block, graph, known, problems)
  const numRepeats = Math.max(1, repeat.seeds.length) * Math.max(1, splits.length)
  const count = countChoices(block, known) * numRepeats
  if (count > maxTrials) {
    problems.push(
      problem('ERR_TOO_LARGE', {
        message: 'The sweep has too many trials',
        place: block.place,
        expected: `at most ${String(maxTrials)}`,
        received: Number.isSafeInteger(count) ? String(count) : count.toPrecision(3),
        hint: 'shorten a list of the grid, or let settings go together in zip',
      }),
    )
    return []
  }
  const choices = choicesOf(block, known, true, problems)
  const repeated = multiply(multiply(choices, repeatChoices(repeat.seeds)), repeatChoices(splits))
  return uniqueTrials(repeated, problems)
}

/** Ablations of every block, so that all of them are checked even where the number of trials is refused. */
function findAblations(
  block: SweepBlock,
  graph: Graph,
  known: Map<SweepBlock, readonly Ablation[]>,
  problems: PipelineError[],
): void {
  if (block.ablate) known.set(block, ablations(block.ablate, graph, problems))
  for (const inner of block.union) findAblations(inner, graph, known, problems)
}

function countChoices(block: SweepBlock, known: ReadonlyMap<SweepBlock, readonly Ablation[]>): number {
  const ofUnion = block.union.reduce((sum, inner) => sum + countChoices(inner, known), 0)
  return [
    ...block.grid.map((values) => values.length),
    block.zip.length,
    known.get(block)?.length ?? 0,
    ofUnion,
  ].reduce((product, factor) => product * Math.max(1, factor), 1)
}

function choicesOf(
  block: SweepBlock,
  known: ReadonlyMap<SweepBlock, readonly Ablation[]>,
  isOutermost: boolean,
  problems: PipelineError[],
): readonly Choice[] {
  // What holds for all trials distinguishes none.
  const base = choice(block.base, isOutermost ? {} : factorsOf(block.base), block.place)
  let choices: readonly Choice[] = [base]
  choices = multiply(
    choices,
    block.zip.map((row) => choice(row, factorsOf(row), row.at(-1)?.place ?? block.place)),
  )
  for (const values of block.grid)
    choices = multiply(
      choices,
      values.map((setting) => choice([setting], factorsOf([setting]), setting.place)),
    )
  choices = multiply(
    choices,
    (known.get(block) ?? []).map(({ label, settings, isAblated }) => ({
      ...choice(settings, { ablate: label }, block.ablate?.place ?? block.place),
      isAblated,
    })),
  )
  choices = multiply(
    choices,
    block.union.flatMap((inner) => choicesOf(inner, known, false, problems)),
  )
  return excluded(choices, block, problems)
}

function choice(settings: readonly Setting[], factors: Choice['factors'], place: Place): Choice {
  return { settings, factors, repeat: {}, isAblated: false, place }
}

function factorsOf(settings: readonly Setting[]): Readonly<Record<string, string>> {
  return Object.fromEntries(settings.map(({ path, value }) => [path, valueText(value)]))
}

function repeatChoices(settings: readonly Setting[]): readonly Choice[] {
  return settings.map((setting) => ({ ...choice([setting], {}, setting.place), repeat: factorsOf([setting]) }))
}

/** Every combination; nothing to choose from leaves things as they are. */
function multiply(choices: readonly Choice[], by: readonly Choice[]): readonly Choice[] {
  if (by.length === 0) return choices
  return choices.flatMap((first) =>
    by.map((second) => ({
      settings: [...first.settings, ...second.settings],
      factors: { ...first.factors, ...second.factors },
      repeat: { ...first.repeat, ...second.repeat },
      isAblated: first.isAblated || second.isAblated,
      place: second.place,
    })),
  )
}

function excluded(choices: readonly Choice[], block: SweepBlock, problems: PipelineError[]): readonly Choice[] {
  let kept = choices
  for (const { place, settings } of block.exclude) {
    const varied = new Set(choices.flatMap((each) => each.settings.map(({ path }) => path)))
    const foreign = settings.filter(({ path }) => !varied.has(path))
    for (const { path, place: where } of foreign)
      problems.push(
        problem('ERR_UNKNOWN_KEY', {
          message: `"exclude" names "${path.slice(0, 80)}", which is not varied`,
          place: where,
          received: path.slice(0, 80),
          hint: suggest(path, varied, 'what is varied'),
        }),
      )
    const wanted = settings.map(({ path, value }): [string, string] => [path, canonicalJson(value)])
    const matches = (each: Choice): boolean => {
      const values = new Map(each.settings.map(({ path, value }) => [path, canonicalJson(value)]))
      return wanted.length > 0 && wanted.every(([path, value]) => values.get(path) === value)
    }
    const after = kept.filter((each) => !matches(each))
    if (after.length === kept.length && foreign.length === 0)
      problems.push(
        problem('ERR_SWEEP', { message: 'This excludes no trial', place, expected: 'values that are varied' }),
      )
    kept = after
  }
  return kept
}

/** Choices as trials. One that is there twice is reported where it comes for the second time. */
function uniqueTrials(choices: readonly Choice[], problems: PipelineError[]): readonly Trial[] {
  const trials = new Map<string, Trial>()
  for (const { settings, factors, repeat, isAblated, place } of choices) {
    const merged = mergeSettings(settings)
    const id = trialId(merged)
    if (trials.has(id)) {
      const shown = Object.entries({ ...factors, ...repeat }).map(([path, value]) => `${path} = ${value}`)
      problems.push(
        problem('ERR_SWEEP', {
          message: `The trial ${id} is there twice`,
          place,
          received: shown.join(', ').slice(0, 200) || 'the pipeline as it is',
          hint: 'remove one of the equal values, or exclude it from one of the blocks; of two ablations, one has the baseline',
        }),
      )
    } else trials.set(id, { id, settings: merged, factors, repeat, isAblated })
  }
  return [...trials.values()]
}
