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
 * @param repeats - Alternatives that repetitions of nodes give, a list for each repetition.
 */
export function expandSweep(
  { block, repeat }: SweepDocument,
  graph: Graph,
  repeats: readonly (readonly Repeat[])[],
  problems: PipelineError[],
): readonly Trial[] {
  const known = new Map<SweepBlock, readonly Ablation[]>()
  findAblations(block, graph, known, problems)
  const numRepeats = [repeat.seeds, ...repeats].reduce((product, { length }) => product * Math.max(1, length), 1)
  const count = countChoices(block, known) * numRepeats
  const tooMany = (received: number): readonly Trial[] => {
    problems.push(
      problem('ERR_TOO_LARGE', {
        message: 'The sweep has too many trials',
        place: block.place,
        expected: `at most ${String(maxTrials)}`,
        received: Number.isSafeInteger(received) ? String(received) : received.toPrecision(3),
        hint: 'shorten a list of the grid, or let settings go together in zip',
      }),
    )
    return []
  }
  if (count > maxTrials) return tooMany(count)
  const seeds = repeat.seeds.map((setting): Repeat => ({
    settings:
      repeat.seedNodes.length === 0
        ? [setting]
        : repeat.seedNodes.map(({ text }) => ({ ...setting, path: `${text}.seed` })),
    shown: setting,
  }))
  const choices = choicesOf(block, known, true, problems)
  // What holds only in some trials is not known before they are there.
  if (choices.length * numRepeats > maxTrials) return tooMany(choices.length * numRepeats)
  return uniqueTrials([seeds, ...repeats].map(repeatChoices).reduce(multiply, choices), problems)
}

/** Settings of one repetition, and the one by which it is told from the others. */
export interface Repeat {
  readonly settings: readonly Setting[]
  readonly shown: Setting
}

/** Ablations of every block, so that all of them are checked even where the number of trials is refused. */
function findAblations(
  block: SweepBlock,
  graph: Graph,
  known: Map<SweepBlock, readonly Ablation[]>,
  problems: PipelineError[],
): void {
  if (block.ablate) known.set(block, ablations(block.ablate, graph, problems))
  for (const inner of [...block.union, ...block.when.map((clause) => clause.block)])
    findAblations(inner, graph, known, problems)
}

function countChoices(block: SweepBlock, known: ReadonlyMap<SweepBlock, readonly Ablation[]>): number {
  const ofUnion = block.union.reduce((sum, inner) => sum + countChoices(inner, known), 0)
  const product = [
    ...block.grid.map((values) => values.length),
    block.zip.length,
    block.random.length,
    known.get(block)?.length ?? 0,
    ofUnion,
  ].reduce((all, factor) => all * Math.max(1, factor), 1)
  return product + block.include.length
}

function choicesOf(
  block: SweepBlock,
  known: ReadonlyMap<SweepBlock, readonly Ablation[]>,
  isOutermost: boolean,
  problems: PipelineError[],
): readonly Choice[] {
  // What holds for all trials distinguishes none.
  const factors = block.label ? { variant: block.label.text } : isOutermost ? {} : factorsOf(block.base)
  const base = choice(block.base, factors, block.place)
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
    block.random.map((row) => choice(row, factorsOf(row), row.at(-1)?.place ?? block.place)),
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
  for (const clause of block.when) choices = conditional(choices, clause, known, problems)
  const further = block.include.map(({ settings, place }) => choice(settings, factorsOf(settings), place))
  // An empty block is one trial; one that only includes is only those.
  const written = excluded(choices, block, problems)
  if (further.length === 0) return written
  const isOnlyIncluded = choices.length === 1 && choices[0] === base
  return [...(isOnlyIncluded ? [] : written), ...multiply([base], further)]
}

/** Choices, of which those that meet a condition are multiplied by what holds only then. */
function conditional(
  choices: readonly Choice[],
  { condition, block }: SweepBlock['when'][number],
  known: ReadonlyMap<SweepBlock, readonly Ablation[]>,
  problems: PipelineError[],
): readonly Choice[] {
  const meets = matcher(condition.settings)
  const [first] = choices.filter(meets)
  if (!first) {
    const varied = new Set(choices.flatMap((each) => each.settings.map(({ path }) => path)))
    const foreign = condition.settings.find(({ path }) => !varied.has(path))
    if (condition.settings.length > 0)
      problems.push(
        foreign
          ? notVaried('when', foreign, varied)
          : problem('ERR_SWEEP', {
              message: 'This holds in no trial',
              place: condition.place,
              expected: 'values that are varied',
            }),
      )
    return choices
  }
  const own = choicesOf(block, known, false, problems)
  return choices.flatMap((each) => (meets(each) && choices.length <= maxTrials ? multiply([each], own) : [each]))
}

/** Whether a choice has all of these settings; of none, no choice. */
function matcher(settings: readonly Setting[]): (choice: Choice) => boolean {
  const wanted = settings.map(({ path, value }): [string, string] => [path, canonicalJson(value)])
  return (each) => {
    const values = new Map(each.settings.map(({ path, value }) => [path, canonicalJson(value)]))
    return wanted.length > 0 && wanted.every(([path, value]) => values.get(path) === value)
  }
}

function notVaried(key: string, { path, place }: Setting, varied: ReadonlySet<string>): PipelineError {
  return problem('ERR_UNKNOWN_KEY', {
    message: `"${key}" names "${path.slice(0, 80)}", which is not varied`,
    place,
    received: path.slice(0, 80),
    hint: suggest(path, varied, 'what is varied'),
  })
}

function choice(settings: readonly Setting[], factors: Choice['factors'], place: Place): Choice {
  return { settings, factors, repeat: {}, isAblated: false, place }
}

function factorsOf(settings: readonly Setting[]): Readonly<Record<string, string>> {
  return Object.fromEntries(settings.map(({ path, value }) => [path, valueText(value)]))
}

function repeatChoices(repeats: readonly Repeat[]): readonly Choice[] {
  return repeats.map(({ settings, shown }) => ({ ...choice(settings, {}, shown.place), repeat: factorsOf([shown]) }))
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
    for (const each of foreign) problems.push(notVaried('exclude', each, varied))
    const matches = matcher(settings)
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
