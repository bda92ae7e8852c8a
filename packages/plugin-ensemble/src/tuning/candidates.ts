import { canonicalJson, type Json, type Rng } from '@etsef/plugin-api'

/** Values of one option: a list, or a range to draw from. */
export type Axis =
  | readonly Json[]
  | { readonly low: number; readonly high: number; readonly scale?: 'linear' | 'log'; readonly integer?: boolean }

/** What is searched: values by option name. */
export type Space = Readonly<Record<string, Axis>>

/** One setting of the searched options. */
export type Candidate = Readonly<Record<string, Json>>

/**
 * Every combination of the listed values, the last option changing fastest.
 *
 * @throws RangeError for a range, which has no list of values.
 */
export function gridCandidates(space: Space): Candidate[] {
  let candidates: Candidate[] = [{}]
  for (const [name, axis] of Object.entries(space)) {
    if (!isList(axis)) throw new RangeError(`gridCandidates: ${name} is a range; a grid needs a list`)
    candidates = candidates.flatMap((candidate) => axis.map((value) => ({ ...candidate, [name]: value })))
  }
  return candidates
}

/** Number of combinations of the listed values; infinite with a range. */
export function gridSize(space: Space): number {
  return Object.values(space).reduce((size, axis) => size * (isList(axis) ? axis.length : Infinity), 1)
}

/**
 * Different settings drawn at random: list entries alike, ranges evenly on their scale.
 *
 * @param count - How many; all combinations when there are no more than that.
 */
export function randomCandidates(space: Space, count: number, rng: Rng): Candidate[] {
  if (gridSize(space) <= count) return rng.shuffle(gridCandidates(space))
  const found = new Map<string, Candidate>()
  // A narrow integer range may hold fewer settings than asked for.
  for (let attempt = 0; attempt < 100 * count && found.size < count; attempt++) {
    const candidate = Object.fromEntries(Object.entries(space).map(([name, axis]) => [name, draw(axis, rng)]))
    found.set(canonicalJson(candidate), candidate)
  }
  return [...found.values()]
}

function draw(axis: Axis, rng: Rng): Json {
  if (isList(axis)) return axis[rng.integer(axis.length)]!
  const { low, high, scale = 'linear', integer = false } = axis
  // An integer has its whole unit of the range; the end of the range is as likely as the others.
  const [from, to] = integer ? [low, high + 1] : [low, high]
  const value = scale === 'log' ? Math.exp(rng.uniform(Math.log(from), Math.log(to))) : rng.uniform(from, to)
  return integer ? Math.min(high, Math.floor(value)) : value
}

function isList(axis: Axis): axis is readonly Json[] {
  return Array.isArray(axis)
}
