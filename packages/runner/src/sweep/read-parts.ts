import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { describeValue, isBroken, toPlain, type Located, type LocatedMap } from '../pipeline/located.js'
import { asMap } from '../pipeline/read-pipeline.js'
import type { Setting } from './trial.js'

/** A word of a sweep's file and where it stands. */
export interface PlacedText {
  readonly text: string
  readonly place: Place
}

const unsafeSteps = new Set(['', '__proto__', 'constructor', 'prototype'])

/** Entries of a map of the block. */
export function section(map: LocatedMap, key: string, problems: PipelineError[]): readonly [string, Place, Located][] {
  const entry = map.entries.get(key)
  if (!entry) return []
  const found = asMap(entry.value, `"${key}"`, problems)
  if (found?.entries.size === 0) problems.push(empty(`"${key}" is empty`, entry.value.place, 'node.option: [values]'))
  return [...(found?.entries ?? [])].map(([path, { place, value }]) => [path, place, value])
}

/** Items of a list; what is no list is reported. */
export function listOf(map: LocatedMap, key: string, problems: PipelineError[]): readonly Located[] {
  const entry = map.entries.get(key)
  if (!entry || isBroken(entry.value)) return []
  if (entry.value.kind !== 'list') {
    problems.push(wrongType(`"${key}" is not a list`, entry.value, 'a list'))
    return []
  }
  if (entry.value.items.length === 0) problems.push(empty(`"${key}" is empty`, entry.value.place, 'at least one entry'))
  return entry.value.items
}

/** The setting of an entry; a path that names nothing that can be set is reported. */
export function settingOf(path: string, place: Place, value: Located, problems: PipelineError[]): Setting | undefined {
  if (isBroken(value)) return undefined
  if (!path.includes('=') && path.split('.').every((step) => !unsafeSteps.has(step)))
    return { path, value: toPlain(value), place: value.place }
  problems.push(
    problem('ERR_BAD_OVERRIDE', {
      message: `"${path.slice(0, 80)}" names nothing that can be set`,
      place,
      expected: 'node.option, node.use, node.in.port, vars.name or seed',
    }),
  )
  return undefined
}

/** The alternatives of a path. */
export function readValues(path: string, place: Place, value: Located, problems: PipelineError[]): readonly Setting[] {
  if (isBroken(value)) return []
  if (value.kind !== 'list') {
    problems.push(
      wrongType(`The values of "${path}" are not a list`, value, 'a list; one value for all goes into base'),
    )
    return []
  }
  if (value.items.length === 0) problems.push(empty(`"${path}" has no values`, value.place, 'at least one value'))
  return value.items.flatMap((item) => settingOf(path, place, item, problems) ?? [])
}

/** The text at a key, if it is there. */
export function readText(map: LocatedMap, key: string, problems: PipelineError[]): PlacedText | undefined {
  const value = map.entries.get(key)?.value
  return value && textOf(value, `"${key}"`, problems)
}

/** The text of a value; what is none is reported. */
export function textOf(value: Located, what: string, problems: PipelineError[]): PlacedText | undefined {
  if (isBroken(value)) return undefined
  if (value.kind === 'scalar' && typeof value.value === 'string') return { text: value.value, place: value.place }
  problems.push(wrongType(`${what} is not a text`, value, 'a text'))
  return undefined
}

/** A value of another kind than is expected. */
export function wrongType(message: string, value: Located, expected: string): PipelineError {
  return problem('ERR_WRONG_TYPE', { message, place: value.place, expected, received: describeValue(value) })
}

/** Something that must not be empty. */
function empty(message: string, place: Place, expected: string): PipelineError {
  return problem('ERR_SWEEP', { message, place, expected })
}
