import type { RunFacts, RunStage } from '@etsef/plugin-api'

type Series = RunStage['series'][string]

/** A figure of a training and the same on held-out rows. */
export interface TrainingPair {
  readonly node: string
  readonly stage: number
  /** Phase of the training (`head`, `body`); empty for the only one. */
  readonly phase: string
  /** Names of the two series; of a figure without a twin, one is null. */
  readonly training: string | null
  readonly validation: string | null
}

/** What the curves of a network say. */
export interface Overfit {
  readonly node: string
  readonly phase: string
  /** Step with the smallest validation loss, and the last one. */
  readonly bestStep: number
  readonly lastStep: number
  readonly bestLoss: number
  readonly lastLoss: number
  readonly trainingAtBest: number
  readonly trainingAtLast: number
}

/** Losses and scores of every stage that trained step by step, each with its twin on validation rows. */
export function trainingPairs(facts: RunFacts): TrainingPair[] {
  return facts.nodes.flatMap((node) =>
    node.stages.flatMap(({ series, part }, stage) => {
      if (part === 'apply') return []
      const names = Object.keys(series).filter((name) => series[name]!.length > 1)
      const validations = names.filter((name) => /(^|\.)val[A-Z]/.test(name))
      const twins = new Set<string>()
      const pairs = names
        .filter((name) => !validations.includes(name))
        .map((training): TrainingPair => {
          const validation = validations.find((name) => isTwin(training, name))
          if (validation !== undefined) twins.add(validation)
          return { node: node.id, stage, phase: phaseOf(training), training, validation: validation ?? null }
        })
      const alone = validations
        .filter((name) => !twins.has(name))
        .map((validation): TrainingPair => ({
          node: node.id,
          stage,
          phase: phaseOf(validation),
          training: null,
          validation,
        }))
      return [...pairs, ...alone]
    }),
  )
}

/**
 * Whether a network overfits: after the step with its smallest validation loss, that loss rose by more than a tenth while the training loss kept
 * falling. One noisy step at the end is not enough: the last two must lie above.
 *
 * @returns Null when it does not, or when too few steps were taken to say.
 */
function overfitOf(training: Series, validation: Series): Omit<Overfit, 'node' | 'phase'> | null {
  if (validation.length < 4 || training.length !== validation.length) return null
  const best = validation.reduce((least, { value }, at) => (value < validation[least]!.value ? at : least), 0)
  const last = validation.length - 1
  const isAbove = [last - 1, last].every((at) => at > best && validation[at]!.value > 1.1 * validation[best]!.value)
  if (!isAbove || training[last]!.value >= training[best]!.value) return null
  return {
    bestStep: validation[best]!.step,
    lastStep: validation[last]!.step,
    bestLoss: validation[best]!.value,
    lastLoss: validation[last]!.value,
    trainingAtBest: training[best]!.value,
    trainingAtLast: training[last]!.value,
  }
}

/** Every network of a run that overfits. */
export function overfits(facts: RunFacts): Overfit[] {
  return trainingPairs(facts).flatMap(({ node, stage, phase, training, validation }) => {
    if (training === null || validation === null || !/(^|\.)loss$/.test(training)) return []
    const { series } = facts.nodes.find(({ id }) => id === node)!.stages[stage]!
    const found = overfitOf(series[training]!, series[validation]!)
    return found ? [{ node, phase, ...found }] : []
  })
}

function phaseOf(name: string): string {
  return name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : ''
}

/** `body.loss` and `body.valLoss`; `accuracy` and `valBalancedAccuracy`. */
function isTwin(training: string, validation: string): boolean {
  if (phaseOf(training) !== phaseOf(validation)) return false
  const own = training.slice(training.lastIndexOf('.') + 1).toLowerCase()
  const other = validation.slice(validation.lastIndexOf('.') + 1).toLowerCase()
  return other === `val${own}` || (other.startsWith('val') && other.endsWith(own))
}

/** A score that is far better on training rows than on validation rows. */
export interface Gap {
  readonly node: string
  readonly phase: string
  readonly training: string
  readonly validation: string
  readonly step: number
  readonly trainingValue: number
  readonly validationValue: number
}

/** Networks whose last score on training rows is above that on validation rows by more than `least`. */
export function scoreGaps(facts: RunFacts, least = 0.15): Gap[] {
  return trainingPairs(facts).flatMap(({ node, stage, phase, training, validation }) => {
    if (training === null || validation === null || !/accuracy$/i.test(training)) return []
    const { series } = facts.nodes.find(({ id }) => id === node)!.stages[stage]!
    const own = series[training]!.at(-1)!
    const other = series[validation]!.at(-1)!
    if (own.value - other.value <= least) return []
    return [
      { node, phase, training, validation, step: own.step, trainingValue: own.value, validationValue: other.value },
    ]
  })
}
