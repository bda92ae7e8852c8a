import { canonicalJson, createRng, type Json, type PipelineError, type Place, type Rng } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { describeValue, isBroken, type Located, type LocatedMap } from '../pipeline/located.js'
import { asMap, reportUnknownKeys } from '../pipeline/read-pipeline.js'
import { readText, readValues, section, settingOf } from './read-parts.js'
import type { Setting } from './trial.js'

/** Draws of one sweep; no sweep has more trials. */
const maxDraws = 10_000

/** Draws that may repeat an earlier one in a row before it is said that there are no more. */
const patience = 1_000

/** What one path can be. */
interface Source {
  readonly path: string
  readonly place: Place
  draw(rng: Rng): Json
}

/**
 * The rows of `random: { n, seed, values }`: each has a value for every path, and no two are equal.
 *
 * A list is drawn from evenly; `{ min, max }` gives numbers between, `scale: log` evenly by their logarithms, `integer: true` whole ones. Every
 * path has draws of its own, so that more rows, or a further path, leave those that are there.
 */
export function readRandom(map: LocatedMap, problems: PipelineError[]): readonly (readonly Setting[])[] {
  const entry = map.entries.get('random')
  const random = entry && asMap(entry.value, '"random"', problems)
  if (!entry || !random) return []
  const numBefore = problems.length
  reportUnknownKeys(random, ['n', 'seed', 'values'], 'random choice', problems)
  const n = wholeNumber(random, 'n', entry.place, problems)
  const seed = wholeNumber(random, 'seed', entry.place, problems)
  if (n !== undefined && (n < 1 || n > maxDraws))
    problems.push(
      problem(n < 1 ? 'ERR_BAD_OPTION' : 'ERR_TOO_LARGE', {
        message: '"n" of "random" is not a number of trials',
        place: random.entries.get('n')!.value.place,
        expected: `1 to ${String(maxDraws)}`,
        received: String(n),
      }),
    )
  if (!random.entries.has('values'))
    problems.push(
      problem('ERR_MISSING_OPTION', {
        message: '"random" does not say what is drawn',
        place: entry.place,
        expected: 'values: { node.option: [a, b], node.other: { min: 0, max: 1 } }',
      }),
    )
  const sources = section(random, 'values', problems).flatMap(
    ([path, place, value]) => readSource(path, place, value, problems) ?? [],
  )
  if (n === undefined || seed === undefined || sources.length === 0 || problems.length > numBefore) return []
  return draw(sources, n, seed, entry.place, problems)
}

function draw(
  sources: readonly Source[],
  n: number,
  seed: number,
  place: Place,
  problems: PipelineError[],
): readonly (readonly Setting[])[] {
  const drawn = sources.map((source) => ({ ...source, rng: createRng(seed, 'sweep', source.path) }))
  const rows = new Map<string, readonly Setting[]>()
  for (let missed = 0; rows.size < n && missed < patience;) {
    const row = drawn.map((source): Setting => ({
      path: source.path,
      value: source.draw(source.rng),
      place: source.place,
    }))
    const identity = canonicalJson(row.map(({ value }) => value))
    if (rows.has(identity)) missed++
    else {
      missed = 0
      rows.set(identity, row)
    }
  }
  if (rows.size < n)
    problems.push(
      problem('ERR_SWEEP', {
        message: `"random" finds ${String(rows.size)} different combinations, not ${String(n)}`,
        place,
        expected: 'an n that is not more than there are combinations',
        received: String(n),
        hint: 'write every combination with "grid", or draw from more',
      }),
    )
  return [...rows.values()]
}

function wholeNumber(map: LocatedMap, key: string, place: Place, problems: PipelineError[]): number | undefined {
  const value = map.entries.get(key)?.value
  if (value && isBroken(value)) return undefined
  if (value?.kind === 'scalar' && typeof value.value === 'number' && Number.isSafeInteger(value.value))
    return value.value
  problems.push(
    problem(value ? 'ERR_WRONG_TYPE' : 'ERR_MISSING_OPTION', {
      message: value ? `"${key}" of "random" is not a whole number` : `"random" has no "${key}"`,
      place: value?.place ?? place,
      expected: 'a whole number',
      received: value && describeValue(value),
    }),
  )
  return undefined
}

function readSource(path: string, place: Place, value: Located, problems: PipelineError[]): Source | undefined {
  if (value.kind !== 'map') {
    const values = readValues(path, place, value, problems)
    if (values.length === 0) return undefined
    return { path, place: value.place, draw: (rng) => values[rng.integer(values.length)]!.value }
  }
  // The path is looked at as that of any setting.
  if (!settingOf(path, place, value, problems)) return undefined
  reportUnknownKeys(value, ['min', 'max', 'scale', 'integer'], 'range', problems)
  const number = (key: string): number | undefined => {
    const found = value.entries.get(key)?.value
    return found?.kind === 'scalar' && typeof found.value === 'number' && Number.isFinite(found.value)
      ? found.value
      : undefined
  }
  const [min, max] = [number('min'), number('max')]
  const scale = readText(value, 'scale', problems)?.text ?? 'linear'
  const integer = value.entries.get('integer')?.value
  const isInteger = integer?.kind === 'scalar' && integer.value === true
  const isFine =
    min !== undefined &&
    max !== undefined &&
    min < max &&
    (scale === 'linear' || (scale === 'log' && min > 0)) &&
    (integer === undefined || (integer.kind === 'scalar' && typeof integer.value === 'boolean')) &&
    (!isInteger || Math.floor(max) >= Math.ceil(min))
  if (isFine) return { path, place: value.place, draw: (rng) => inRange(min, max, scale === 'log', isInteger, rng) }
  problems.push(
    problem('ERR_BAD_OPTION', {
      message: `The range of "${path.slice(0, 80)}" cannot be drawn from`,
      place: value.place,
      expected: '{ min, max } with min below max; scale: linear or, above 0, log; integer: true or false',
    }),
  )
  return undefined
}

/** Numbers are cut to six digits: a name for a trial that people can read. */
function inRange(min: number, max: number, isLog: boolean, isInteger: boolean, rng: Rng): number {
  const [low, high] = isInteger ? [Math.ceil(min), Math.floor(max) + 1] : [min, max]
  const value = isLog ? Math.exp(rng.uniform(Math.log(low), Math.log(high))) : rng.uniform(low, high)
  return isInteger ? Math.min(Math.floor(max), Math.floor(value)) : Number(value.toPrecision(6))
}
