import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { yamlLimits } from './limits.js'
import { describeValue, emptyMap, isBroken, type Located, type LocatedEntry, type LocatedMap } from './located.js'
import {
  badEach,
  missingInputOfPart,
  missingParameter,
  notAName,
  partInItself,
  partsTooDeep,
  partsTooLarge,
  unknownInputOfPart,
  unknownInSet,
  unknownParameter,
  unknownPart,
} from './pipeline-problems.js'
import {
  asMap,
  partUseKeys,
  readInputs,
  readSeed,
  reportUnknownKeys,
  type InputDeclaration,
  type NodeDeclaration,
  type PartUse,
} from './read-node.js'
import { checkName, type PartDeclaration } from './read-parts.js'
import { setInNode } from './set-in-node.js'
import { substitute, type Budget, type Values } from './substitute.js'

/** What a name of a scope stands for. */
export type Member =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'part'; readonly instance: Instance }
  | { readonly kind: 'each'; readonly items: ReadonlyMap<string, Member> }
  /** It could not be read, and that was reported. */
  | { readonly kind: 'broken' }

/** Names that references of some nodes are looked up in: those of the pipeline, or of one use of a part. */
export interface Scope {
  readonly members: Map<string, Member>
  readonly instance: Instance | undefined
}

/** One use of a part. */
export interface Instance {
  readonly id: string
  readonly part: PartDeclaration
  /** What feeds it, to be looked up in {@link outer}. */
  readonly inputs: ReadonlyMap<string, InputDeclaration>
  readonly outer: Scope
  readonly scope: Scope
}

/** A node, and where its references are looked up. */
export interface ScopedNode {
  readonly node: NodeDeclaration
  readonly scope: Scope
}

/** What {@link expandParts} is given. */
export interface Expansion {
  readonly parts: ReadonlyMap<string, PartDeclaration>
  /** Parts that use themselves: reported, and not written out. */
  readonly ringed: ReadonlySet<string>
  readonly problems: PipelineError[]
  /** Reads a node once for all variants that have the same. */
  readonly readNode: (id: string, entry: LocatedEntry) => NodeDeclaration
}

interface Work extends Expansion {
  readonly budget: Budget & { numNodes: number; isExhausted: boolean }
  readonly nodes: ScopedNode[]
  readonly used: Set<string>
}

/** Where a node is written out. */
interface Site {
  readonly id: string
  readonly scope: Scope
  readonly within: readonly PartUse[]
  readonly seed: string | number | undefined
  readonly values: Values
}

/** A value that the use of a part, or the command line, sets inside it. */
interface Setting {
  readonly path: readonly string[]
  readonly entry: LocatedEntry
}

/** What one name of the pipeline stands for, written out. */
export interface Block {
  readonly name: string
  readonly member: Member
  readonly nodes: readonly ScopedNode[]
  /** Parts that are used. */
  readonly used: ReadonlySet<string>
}

/** A pipeline with everything written out. */
export interface Expanded {
  readonly blocks: readonly Block[]
  readonly scope: Scope
}

/**
 * The nodes of a pipeline with every use of a part, and every node of a list, written out. Nodes of a part go by the name of its use and
 * their own: `tlVotes.svm`.
 *
 * @param memo - What other variants of the pipeline were made of. They have one outermost scope, which holds the names of the variant that
 * was written out last: its references are resolved before the next one is written out.
 */
export function expandParts(nodes: LocatedMap, expansion: Expansion, memo: Memo = noMemo): Expanded {
  const { problems } = expansion
  const scope = memo.of(['outermost scope'], (): Scope => ({ members: new Map(), instance: undefined }))
  scope.members.clear()
  const work = newWork(expansion)
  const numBefore = problems.length
  const blocks: Block[] = []
  for (const [name, entry] of nodes.entries) {
    const numProblems = problems.length
    const { block, budget } = memo.of(
      ['block', name, expansion.parts, entry.place, entry.value],
      () => writeOutBlock(memo === noMemo ? work : newWork(expansion), name, entry, scope),
      () => problems.length === numProblems,
    )
    if (memo !== noMemo) {
      work.budget.numNodes += budget.numNodes
      work.budget.numValues += budget.numValues
    }
    scope.members.set(name, block.member)
    blocks.push(block)
  }
  // Bounds are of all nodes together: where they are passed, they are passed as if there were no other variant.
  if (memo !== noMemo && isOver(work.budget)) {
    problems.length = numBefore
    return expandParts(nodes, expansion)
  }
  return { blocks, scope }
}

function newWork(expansion: Expansion): Work {
  return { ...expansion, budget: { numValues: 0, numNodes: 0, isExhausted: false }, nodes: [], used: new Set() }
}

function writeOutBlock(
  shared: Work,
  name: string,
  entry: LocatedEntry,
  scope: Scope,
): { readonly block: Block; readonly budget: Work['budget'] } {
  const work: Work = { ...shared, nodes: [], used: new Set() }
  checkName(name, 'a node', entry.place, work.problems)
  const values: Values = { parameters: undefined, item: undefined }
  const member = writeOut(work, entry, { id: name, scope, within: [], seed: undefined, values }, [])
  return { block: { name, member, nodes: work.nodes, used: work.used }, budget: work.budget }
}

function writeOut(work: Work, entry: LocatedEntry, site: Site, settings: readonly Setting[]): Member {
  if (isTooMuch(work, entry.place)) return { kind: 'broken' }
  const { value } = entry
  const map = value.kind === 'map' ? value : undefined
  const each = settings.find(({ path }) => path.length === 1 && path[0] === 'each')?.entry ?? map?.entries.get('each')
  if (map && each) return writeOutItems(work, { entry, map, each }, site, settings)
  const isLocal = site.values.parameters !== undefined || site.values.item !== undefined
  const own = isLocal ? substitute(value, site.values, work.budget, work.problems) : value
  return writeOutOne(work, { ...entry, value: withSettings(work, own, settings) }, site)
}

function isTooMuch({ budget, problems }: Work, place: Place): boolean {
  budget.numNodes++
  const isPassed = isOver(budget)
  if (isPassed && !budget.isExhausted) problems.push(partsTooLarge(place))
  budget.isExhausted ||= isPassed
  return budget.isExhausted
}

function isOver({ numNodes, numValues }: Work['budget']): boolean {
  return numNodes > yamlLimits.expandedNodes || numValues > yamlLimits.expandedValues
}

/** The map with what is set in it from outside. */
function withSettings(work: Work, value: Located, settings: readonly Setting[]): Located {
  if (value.kind !== 'map') return value
  return settings.reduce<LocatedMap>((map, { path, entry }) => {
    const set = setInNode(map, path, entry.value, entry.place, work.parts)
    if (typeof set !== 'string') return set
    work.problems.push(problem('ERR_BAD_OVERRIDE', { message: set, place: entry.place, received: path.join('.') }))
    return map
  }, value)
}

/** A node, or the use of a part, whose values are all known. */
function writeOutOne(work: Work, entry: LocatedEntry, site: Site): Member {
  const { value } = entry
  const part = value.kind === 'map' ? value.entries.get('part') : undefined
  if (value.kind === 'map' && part) return writeOutPart(work, { entry, map: value, part }, site)
  const node = work.readNode(site.id, entry)
  const scoped = { ...node, seed: node.seed ?? site.seed, within: site.within }
  work.nodes.push({ node: site.within.length === 0 && node.seed === scoped.seed ? node : scoped, scope: site.scope })
  return { kind: 'node', id: site.id }
}

interface Repeated {
  readonly entry: LocatedEntry
  readonly map: LocatedMap
  readonly each: LocatedEntry
}

function writeOutItems(work: Work, { entry, map, each }: Repeated, site: Site, settings: readonly Setting[]): Member {
  const { parameters } = site.values
  const list = parameters ? substitute(each.value, site.values, work.budget, work.problems) : each.value
  const items = itemsOf(list, site.id, work.problems)
  if (!items) return { kind: 'broken' }
  const bare = { ...map, entries: new Map([...map.entries].filter(([key]) => key !== 'each' && key !== 'set')) }
  const own = map.entries.get('set')
  const values: Values = { parameters, item: undefined }
  const set = own && parameters ? { ...own, value: substitute(own.value, values, work.budget, work.problems) } : own
  const all = [...settingsOf(set, `"set" of node "${site.id}"`, work.problems), ...settings]
  const members = new Map<string, Member>()
  for (const [name, item] of items) {
    const id = `${site.id}.${name}`
    if (isTooMuch(work, each.place)) break
    const value = substitute(bare, { parameters, item }, work.budget, work.problems)
    const mine = all.flatMap(({ path, entry: given }): Setting[] => {
      if (path[0] === 'each') return []
      if (path.length > 1 && items.has(path[0]!)) return path[0] === name ? [{ path: path.slice(1), entry: given }] : []
      return [{ path, entry: given }]
    })
    members.set(name, writeOutOne(work, { ...entry, value: withSettings(work, value, mine) }, { ...site, id }))
  }
  return { kind: 'each', items: members }
}

/** Words of a node, which are no names of items or inner nodes. */
const nodeWords: ReadonlySet<string> = new Set(['use', 'part', 'in', 'with', 'seed', 'description', 'each', 'set'])

/** `[a, b]`: items by their text; `{ a: value }`: values by name. */
function itemsOf(list: Located, node: string, problems: PipelineError[]): ReadonlyMap<string, Located> | undefined {
  if (isBroken(list)) return undefined
  const refuse = (message: string, place: Place, received?: string): ReadonlyMap<string, Located> | undefined => {
    problems.push(badEach(message, place, node, received))
    return undefined
  }
  const given =
    list.kind === 'list'
      ? list.items.map((item): [string, Located] => [item.kind === 'scalar' ? String(item.value) : '', item])
      : list.kind === 'map'
        ? [...list.entries].map(([name, entry]): [string, Located] => [name, entry.value])
        : undefined
  if (!given) return refuse(`"each" of node "${node}" is not a list`, list.place, describeValue(list))
  if (given.length === 0) return refuse(`"each" of node "${node}" is empty`, list.place)
  const items = new Map<string, Located>()
  for (const [name, item] of given) {
    if (isBroken(item)) continue
    if (!/^[A-Za-z0-9_-]+$/.test(name) || (item.kind === 'scalar' && item.value === null && list.kind === 'list'))
      refuse(`An item of "each" of node "${node}" has no name`, item.place, describeValue(item))
    else if (nodeWords.has(name)) refuse(`An item of "each" of node "${node}" is called "${name}"`, item.place, name)
    else if (items.has(name)) refuse(`"each" of node "${node}" has "${name}" twice`, item.place, name)
    else items.set(name, item)
  }
  return items
}

function settingsOf(set: LocatedEntry | undefined, what: string, problems: PipelineError[]): readonly Setting[] {
  const map = set && asMap(set.value, what, problems)
  return [...(map?.entries ?? [])].map(([path, entry]) => ({ path: path.split('.'), entry }))
}

function writeOutPart(
  work: Work,
  { entry, map, part: named }: { readonly entry: LocatedEntry; readonly map: LocatedMap; readonly part: LocatedEntry },
  site: Site,
): Member {
  const { problems, parts } = work
  const { id } = site
  const broken: Member = { kind: 'broken' }
  const refuse = (error: PipelineError): Member => {
    problems.push(error)
    return broken
  }
  reportUnknownKeys(map, partUseKeys, `node "${id}"`, problems, id)
  if (isBroken(named.value)) return broken
  const name = named.value.kind === 'scalar' && typeof named.value.value === 'string' ? named.value.value : undefined
  if (name === undefined)
    return refuse(notAName(`"part" of node "${id}"`, { ...named.value, place: named.place }, 'the name of a part', id))
  const part = parts.get(name)
  if (!part) return refuse(unknownPart(name, named.value.place, parts.keys()))
  work.used.add(name)
  if (work.ringed.has(name)) return broken
  if (site.within.some((use) => use.part === name)) return refuse(partInItself(name, named.value.place))
  if (site.within.length >= yamlLimits.referenceDepth) return refuse(partsTooDeep(named.value.place))
  const inputs = readInputs(id, map, problems)
  checkInputs(id, part, inputs, entry.place, problems)
  const inner: Scope = { members: new Map(), instance: undefined }
  const instance: Instance = { id, part, inputs, outer: site.scope, scope: inner }
  const scope: Scope = { members: inner.members, instance }
  const values: Values = { parameters: readParameters(id, part, map, entry.place, problems), item: undefined }
  const within = [...site.within, { part: name, place: entry.place }]
  const seed = readSeed(map, problems, id) ?? site.seed
  const settings = settingsOf(map.entries.get('set'), `"set" of node "${id}"`, problems)
  for (const { path, entry: given } of settings) {
    if (path.length > 1 && part.nodes.entries.has(path[0]!)) continue
    problems.push(unknownInSet(name, path, part.nodes.entries.keys(), given.place, id))
  }
  for (const [node, nodeEntry] of part.nodes.entries) {
    const mine = settings.flatMap(({ path, entry: given }) =>
      path[0] === node && path.length > 1 ? [{ path: path.slice(1), entry: given }] : [],
    )
    inner.members.set(node, writeOut(work, nodeEntry, { id: `${id}.${node}`, scope, within, seed, values }, mine))
  }
  return { kind: 'part', instance: { ...instance, scope } }
}

function checkInputs(
  node: string,
  part: PartDeclaration,
  inputs: ReadonlyMap<string, InputDeclaration>,
  place: Place,
  problems: PipelineError[],
): void {
  for (const [name, input] of inputs) {
    if (part.inputs.has(name)) continue
    problems.push(
      unknownInputOfPart(part, {
        shown: name.slice(0, 80),
        name,
        place: input.place,
        received: name.slice(0, 80),
        node,
        port: name,
      }),
    )
  }
  for (const [name, { isOptional }] of part.inputs) {
    const input = inputs.get(name)
    if (isOptional || (input && !input.isEmpty)) continue
    problems.push(missingInputOfPart(part.name, name, input?.place ?? place, node))
  }
}

function readParameters(
  node: string,
  part: PartDeclaration,
  map: LocatedMap,
  place: Place,
  problems: PipelineError[],
): ReadonlyMap<string, Located> {
  const withEntryOf = map.entries.get('with')
  const given = (withEntryOf && asMap(withEntryOf.value, `"with" of node "${node}"`, problems, node)) ?? emptyMap(place)
  for (const [name, entry] of given.entries) {
    if (part.parameters.has(name)) continue
    problems.push(unknownParameter(part, name, entry.place, node))
  }
  const values = new Map<string, Located>()
  for (const [name, { fallback }] of part.parameters) {
    const value = given.entries.get(name)?.value ?? fallback
    if (value) values.set(name, value)
    else {
      values.set(name, { kind: 'scalar', place, value: null, isBroken: true })
      problems.push(missingParameter(part.name, name, withEntryOf?.place ?? place, node))
    }
  }
  return values
}
