import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { describeValue, type Located, type LocatedEntry, type LocatedMap } from './located.js'

const reference = /\$(\$)?\{([^}]*)\}/g

interface Resolver {
  readonly vars: LocatedMap | undefined
  readonly problems: PipelineError[]
  readonly open: readonly string[]
}

/**
 * The pipeline with every `${vars.name}` replaced by the variable's value.
 *
 * A text that is one reference takes the value as it is (a number, a list); inside a longer text the value is written into it.
 * `$${` stands for `${`. There are no expressions and no environment variables.
 */
export function resolveVariables(root: LocatedMap, problems: PipelineError[]): LocatedMap {
  const vars = root.entries.get('vars')?.value
  const resolver: Resolver = { vars: vars?.kind === 'map' ? vars : undefined, problems, open: [] }
  return replaceIn(resolver, root) as LocatedMap
}

function replaceIn(resolver: Resolver, value: Located): Located {
  if (value.kind === 'list') return { ...value, items: value.items.map((item) => replaceIn(resolver, item)) }
  if (value.kind === 'map') {
    const entries = [...value.entries].map(([key, entry]): [string, LocatedEntry] => [
      key,
      { ...entry, value: replaceIn(resolver, entry.value) },
    ])
    return { ...value, entries: new Map(entries) }
  }
  if (typeof value.value !== 'string' || !value.value.includes('${')) return value
  const text = value.value
  const whole = /^\$\{([^}]*)\}$/.exec(text)
  if (whole) {
    const target = lookUp(resolver, whole[1]!, value)
    return target ? movedTo(target, value) : { ...value, isBroken: true }
  }
  const broken: string[] = []
  let origin: Place | undefined
  const replaced = text.replace(reference, (match, escaped: string | undefined, name: string) => {
    if (escaped) return `\${${name}}`
    const target = lookUp(resolver, name, value)
    if (!target) {
      broken.push(match)
      return match
    }
    if (target.kind === 'scalar' && target.value !== null) {
      origin ??= originOf(target)
      return String(target.value)
    }
    const message = `"${match}" stands inside a text, but the variable is ${describeValue(target)}`
    resolver.problems.push(
      problem('ERR_BAD_REFERENCE', { message, place: value.place, hint: 'use it alone as the whole value' }),
    )
    broken.push(match)
    return match
  })
  if (broken.length > 0) return { ...value, isBroken: true }
  return { ...value, value: replaced, ...(origin ? { origin } : {}) }
}

/** The value keeps the place of the reference: that is where its user can act. */
function movedTo(target: Located, site: Located): Located {
  const origin = originOf(target)
  return { ...target, place: site.place, ...(origin ? { origin } : {}) }
}

function originOf(target: Located): Place | undefined {
  return target.kind === 'scalar' ? (target.origin ?? target.place) : undefined
}

function lookUp(resolver: Resolver, name: string, site: Located): Located | undefined {
  const report = (
    code: 'ERR_BAD_REFERENCE' | 'ERR_UNKNOWN_VARIABLE',
    message: string,
    hint: string,
  ): Located | undefined => {
    resolver.problems.push(problem(code, { message, place: site.place, received: `\${${name}}`, hint }))
    return undefined
  }
  const path = name.trim().split('.')
  if (path[0] !== 'vars' || path.length !== 2 || !/^[\w-]+$/.test(path[1]!)) {
    report(
      'ERR_BAD_REFERENCE',
      `"\${${name}}" is not a reference to a variable`,
      'write ${vars.name}; expressions and environment variables are not read',
    )
    return
  }
  const key = path[1]!
  const entry = resolver.vars?.entries.get(key)
  if (!entry) {
    report(
      'ERR_UNKNOWN_VARIABLE',
      `Variable "${key}" is not declared in vars`,
      suggest(key, resolver.vars?.entries.keys() ?? [], 'variables'),
    )
    return
  }
  if (resolver.open.includes(key)) {
    report(
      'ERR_BAD_REFERENCE',
      `Variable "${key}" refers to itself: ${[...resolver.open, key].join(' → ')}`,
      'give one of them a value',
    )
    return
  }
  return replaceIn({ ...resolver, open: [...resolver.open, key] }, entry.value)
}
