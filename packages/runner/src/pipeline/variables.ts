import type { PipelineError, Place } from '@etsef/plugin-api'
import { noMemo, type Memo } from '../memo.js'
import { yamlLimits } from './limits.js'
import { isBroken, type Located, type LocatedEntry, type LocatedMap, type LocatedScalar } from './located.js'
import {
  notAVariable,
  notForText,
  textTooLong,
  unknownVariable,
  variableOfItself,
  variablesTooDeep,
  variablesTooLarge,
  type Written,
} from './pipeline-problems.js'
import { isLocal } from './substitute.js'

const reference = /\$(\$)?\{([^}]*)\}/g

/** A variable's value with the references inside it replaced, and what it stands for. */
interface Resolved {
  readonly value: Located | undefined
  /** Values it holds when every reference is written out. */
  readonly numValues: number
  /** Variables that stand behind it in a row. */
  readonly depth: number
}

/** What was met so far in the text that is being resolved: a variable's value, or the pipeline. */
interface Frame {
  numValues: number
  /** Values that come from references. */
  numReferenced: number
  depth: number
}

interface Resolver {
  readonly vars: LocatedMap | undefined
  readonly problems: PipelineError[]
  /** Every variable is resolved once; `open` while it is. */
  readonly known: Map<string, Resolved | 'open'>
  readonly open: string[]
  frame: Frame
  /** `${with.name}`, `${each}` and escapes are left for when parts and lists are written out. */
  keepsLocal: boolean
  /** A bound was passed: it is said once, and nothing more is written out. */
  isExhausted: boolean
}

/**
 * The pipeline with every `${vars.name}` replaced by the variable's value.
 *
 * A text that is one reference takes the value as it is (a number, a list); inside a longer text the value is written into it.
 * `$${` stands for `${`. There are no expressions and no environment variables. Values that come from references share their parts, and
 * what they would be written out is bounded, as it is for aliases.
 */
export function resolveVariables(root: LocatedMap, problems: PipelineError[], memo: Memo = noMemo): LocatedMap {
  const vars = root.entries.get('vars')?.value
  const resolver: Resolver = {
    vars: vars?.kind === 'map' ? vars : undefined,
    problems,
    known: new Map(),
    open: [],
    frame: emptyFrame(),
    keepsLocal: false,
    isExhausted: false,
  }
  const entries = new Map<string, LocatedEntry>()
  for (const [key, entry] of root.entries) {
    const value =
      key === 'vars'
        ? resolveAll(resolver, entry.value)
        : key === 'nodes' && entry.value.kind === 'map'
          ? memo === noMemo
            ? replaceInEachNode(resolver, entry.value)
            : replaceInNodes(resolver, entry.value, memo)
          : key === 'parts' || key === 'profiles'
            ? replaceInSection(resolver, key, entry.value, memo)
            : replaceIn(resolver, entry.value)
    entries.set(key, value === entry.value ? entry : { ...entry, value })
  }
  return { ...root, entries }
}

/** The same as {@link replaceIn}, with nodes as another variant of the pipeline has them that has the same variables. */
function replaceInNodes(resolver: Resolver, nodes: LocatedMap, memo: Memo): Located {
  const entries = new Map<string, LocatedEntry>()
  const outer = resolver.frame
  const sum = { ...outer }
  const numBefore = resolver.problems.length
  for (const [id, entry] of nodes.entries) {
    const numProblems = resolver.problems.length
    const resolved = memo.of(
      ['resolved', id, resolver.vars, entry],
      () => {
        resolver.frame = emptyFrame()
        const value = replaceInNode(resolver, entry.value)
        return { entry: value === entry.value ? entry : { ...entry, value }, frame: resolver.frame }
      },
      () => resolver.problems.length === numProblems,
    )
    sum.numReferenced += resolved.frame.numReferenced
    entries.set(id, resolved.entry)
  }
  resolver.frame = outer
  // The bounds count all nodes together. Where they are exceeded, all nodes are resolved again without the memo, so that the error is the
  // same as without other variants.
  if (resolver.isExhausted || sum.numReferenced > yamlLimits.referenceValues) {
    resolver.problems.length = numBefore
    resolver.isExhausted = false
    return replaceInEachNode(resolver, nodes)
  }
  resolver.frame = sum
  return { ...nodes, entries }
}

/** A section of what nodes are made of, as another variant of the pipeline has it whose variables are the same. */
function replaceInSection(resolver: Resolver, key: string, section: Located, memo: Memo): Located {
  const before = { ...resolver.frame }
  const numProblems = resolver.problems.length
  const { value, numReferenced } = memo.of(
    ['resolved section', key, resolver.vars, section],
    () => {
      const resolved = keepingLocal(resolver, () => replaceIn(resolver, section))
      return { value: resolved, numReferenced: resolver.frame.numReferenced - before.numReferenced }
    },
    () => resolver.problems.length === numProblems,
  )
  // What it takes of the bound is counted in every variant.
  resolver.frame.numReferenced = before.numReferenced + numReferenced
  return value
}

function replaceInEachNode(resolver: Resolver, nodes: LocatedMap): Located {
  resolver.frame.numValues++
  let isSame = true
  const entries = new Map<string, LocatedEntry>()
  for (const [id, entry] of nodes.entries) {
    const value = replaceInNode(resolver, entry.value)
    if (value !== entry.value) isSame = false
    entries.set(id, value === entry.value ? entry : { ...entry, value })
  }
  return isSame ? nodes : { ...nodes, entries }
}

function replaceInNode(resolver: Resolver, node: Located): Located {
  const isRepeated = node.kind === 'map' && node.entries.has('each')
  return isRepeated ? keepingLocal(resolver, () => replaceIn(resolver, node)) : replaceIn(resolver, node)
}

function keepingLocal<T>(resolver: Resolver, work: () => T): T {
  resolver.keepsLocal = true
  const result = work()
  resolver.keepsLocal = false
  return result
}

function emptyFrame(): Frame {
  return { numValues: 0, numReferenced: 0, depth: 0 }
}

function resolveAll(resolver: Resolver, vars: Located): Located {
  if (vars.kind !== 'map') return replaceIn(resolver, vars)
  const entries = [...vars.entries].map(([key, entry]): [string, LocatedEntry] => [
    key,
    { ...entry, value: resolveOne(resolver, key, entry.value).value ?? { ...nothing(entry.value), isBroken: true } },
  ])
  return { ...vars, entries: new Map(entries) }
}

function nothing({ place }: Located): LocatedScalar {
  return { kind: 'scalar', place, value: null }
}

/** A variable, resolved in a frame of its own. */
function resolveOne(resolver: Resolver, key: string, written: Located): Resolved {
  const known = resolver.known.get(key)
  if (known !== undefined && known !== 'open') return known
  const { frame: outer, keepsLocal } = resolver
  resolver.frame = emptyFrame()
  resolver.keepsLocal = false
  resolver.known.set(key, 'open')
  resolver.open.push(key)
  const value = replaceIn(resolver, written)
  const { numValues, depth } = resolver.frame
  const resolved: Resolved = { value: isBroken(value) ? undefined : value, numValues, depth }
  resolver.open.pop()
  resolver.known.set(key, resolved)
  resolver.frame = outer
  resolver.keepsLocal = keepsLocal
  return resolved
}

/** The value with its references replaced; the very value where it has none. */
function replaceIn(resolver: Resolver, value: Located): Located {
  resolver.frame.numValues++
  if (value.kind === 'list') {
    const items = value.items.map((item) => replaceIn(resolver, item))
    return items.every((item, index) => item === value.items[index]) ? value : { ...value, items }
  }
  if (value.kind === 'map') {
    let isSame = true
    const entries = new Map<string, LocatedEntry>()
    for (const [key, entry] of value.entries) {
      const resolved = replaceIn(resolver, entry.value)
      if (resolved !== entry.value) isSame = false
      entries.set(key, resolved === entry.value ? entry : { ...entry, value: resolved })
    }
    return isSame ? value : { ...value, entries }
  }
  if (typeof value.value !== 'string') return value
  const text = value.value
  resolver.frame.numValues += text.length >> 6
  if (!text.includes('${')) return value
  const whole = /^\$\{([^}]*)\}$/.exec(text)
  if (whole) {
    if (resolver.keepsLocal && isLocal(whole[1]!)) return value
    const target = lookUp(resolver, whole[1]!, value)
    return target ? movedTo(target, value) : { ...value, isBroken: true }
  }
  return replaceInText(resolver, text, value)
}

function replaceInText(resolver: Resolver, text: string, site: LocatedScalar): Located {
  const parts: string[] = []
  let [written, length] = [0, 0]
  let isWhole = true
  let origin: Place | undefined
  const write = (part: string): void => {
    parts.push(part)
    length += part.length
  }
  for (const match of text.matchAll(reference)) {
    const [found, escaped, name] = match as unknown as [string, string | undefined, string]
    write(text.slice(written, match.index))
    written = match.index + found.length
    if (resolver.keepsLocal && (escaped !== undefined || isLocal(name))) write(found)
    else if (escaped) write(`\${${name}}`)
    else {
      const target = lookUp(resolver, name, site)
      if (target?.kind === 'scalar' && target.value !== null) {
        origin ??= originOf(target)
        write(String(target.value))
      } else {
        isWhole = false
        if (target) resolver.problems.push(notForText(found, 'the variable', target, site.place))
      }
    }
    if (length > yamlLimits.scalar) {
      exhaust(resolver, textTooLong(site.place))
      break
    }
  }
  if (!isWhole || resolver.isExhausted) return { ...site, isBroken: true }
  write(text.slice(written))
  return { ...site, value: parts.join(''), ...(origin ? { origin } : {}) }
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
  const written: Written = { place: site.place, received: `\${${name}}` }
  const path = name.trim().split('.')
  if (path[0] !== 'vars' || path.length !== 2 || !/^[\w-]+$/.test(path[1]!)) {
    resolver.problems.push(notAVariable(written))
    return undefined
  }
  const key = path[1]!
  const entry = resolver.vars?.entries.get(key)
  if (!entry) {
    // Each suggestion looks at every variable.
    const hasSuggestion = resolver.problems.length < yamlLimits.problems
    const near = hasSuggestion ? (resolver.vars?.entries.keys() ?? []) : undefined
    resolver.problems.push(unknownVariable(key, near, written))
    return undefined
  }
  if (resolver.known.get(key) === 'open') {
    const cycle = [...resolver.open.slice(resolver.open.indexOf(key)), key]
    resolver.problems.push(variableOfItself(key, cycle, written))
    return undefined
  }
  if (resolver.isExhausted) return undefined
  if (resolver.open.length > yamlLimits.referenceDepth) return exhaust(resolver, variablesTooDeep(site.place))
  const { value, numValues, depth } = resolveOne(resolver, key, entry.value)
  const { frame } = resolver
  frame.numValues += numValues
  frame.numReferenced += numValues
  frame.depth = Math.max(frame.depth, depth + 1)
  if (frame.depth > yamlLimits.referenceDepth) return exhaust(resolver, variablesTooDeep(site.place))
  if (frame.numReferenced > yamlLimits.referenceValues) return exhaust(resolver, variablesTooLarge(site.place))
  return value
}

function exhaust(resolver: Resolver, error: PipelineError): Located | undefined {
  if (!resolver.isExhausted) resolver.problems.push(error)
  resolver.isExhausted = true
  return undefined
}
