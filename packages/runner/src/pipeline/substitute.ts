import type { PipelineError } from '@etsef/plugin-api'
import { yamlLimits } from './limits.js'
import type { Located, LocatedEntry, LocatedScalar } from './located.js'
import {
  notForText,
  standsForNothing,
  textTooLong,
  unknownInItem,
  unknownInWith,
  type Written,
} from './pipeline-problems.js'

/** What `${with.name}` and `${each}` stand for at one place. */
export interface Values {
  /** Parameters of the part; `undefined` outside parts. */
  readonly parameters: ReadonlyMap<string, Located> | undefined
  /** The item of the list that the node is repeated over; `undefined` where it is not repeated. */
  readonly item: Located | undefined
}

/** Counts values that are written for parts, of one pipeline. */
export interface Budget {
  numValues: number
}

const reference = /\$(\$)?\{([^}]*)\}/g

/** Whether `${name}` is left for {@link substitute} by what resolves variables. */
export function isLocal(name: string): boolean {
  return /^\s*(with\.|each(\.|\s*$))/.test(name)
}

/**
 * The value with parameters and items in place of `${with.name}`, `${each}` and `${each.key}`; `$${` stands for `${`.
 *
 * A text that is one reference takes the value as it is; inside a longer text the value is written into it.
 */
export function substitute(value: Located, values: Values, budget: Budget, problems: PipelineError[]): Located {
  budget.numValues++
  if (value.kind === 'list')
    return { ...value, items: value.items.map((item) => substitute(item, values, budget, problems)) }
  if (value.kind === 'map') {
    const entries = [...value.entries].map(([key, entry]): [string, LocatedEntry] => [
      key,
      { ...entry, value: substitute(entry.value, values, budget, problems) },
    ])
    return { ...value, entries: new Map(entries) }
  }
  if (typeof value.value !== 'string' || !value.value.includes('${')) return value
  const whole = /^\$\{([^}]*)\}$/.exec(value.value)
  if (!whole) return inText(value, value.value, values, problems)
  const found = lookUp(whole[1]!, value, values, problems)
  return found ? { ...found, place: value.place } : { ...value, isBroken: true }
}

function inText(site: LocatedScalar, text: string, values: Values, problems: PipelineError[]): LocatedScalar {
  const broken: string[] = []
  const written = text.replaceAll(reference, (found, escaped: string | undefined, name: string) => {
    if (escaped !== undefined) return `\${${name}}`
    const target = lookUp(name, site, values, problems)
    if (target?.kind === 'scalar' && target.value !== null) return String(target.value)
    broken.push(name)
    if (target) problems.push(notForText(found, 'it', target, site.place))
    return ''
  })
  if (written.length <= yamlLimits.scalar)
    return broken.length === 0 ? { ...site, value: written } : { ...site, isBroken: true }
  problems.push(textTooLong(site.place))
  return { ...site, isBroken: true }
}

function lookUp(name: string, { place }: Located, values: Values, problems: PipelineError[]): Located | undefined {
  const written: Written = { place, received: `\${${name}}`.slice(0, 120) }
  const refuse = (error: PipelineError): Located | undefined => {
    problems.push(error)
    return undefined
  }
  const [head, key, ...more] = name.trim().split('.')
  const { parameters, item } = values
  if (head === 'with' && parameters && key !== undefined && more.length === 0)
    return parameters.get(key) ?? refuse(unknownInWith(key, parameters.keys(), written))
  if (head === 'each' && item && key === undefined) return item
  if (head === 'each' && item && more.length === 0)
    return item.kind === 'map' && item.entries.has(key!)
      ? item.entries.get(key!)!.value
      : refuse(unknownInItem(key!, item, written))
  return refuse(standsForNothing(name, { parameters: parameters !== undefined, item: item !== undefined }, written))
}
