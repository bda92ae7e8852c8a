import type { PipelineError, Place } from '@etsef/plugin-api'
import { noMemo, type Memo } from '../memo.js'
import { yamlLimits } from './limits.js'
import { emptyMap, withEntry, type Located, type LocatedEntry, type LocatedMap } from './located.js'
import { parseYaml } from './parse-yaml.js'
import { badOverride, unknownNodeToSet, unknownVariable, type Written } from './pipeline-problems.js'
import { setAt, setInNode } from './set-in-node.js'

/** Name under which places of overrides are shown; the line is the position among them. */
export const overrideFile = '--set'

const topLevel: ReadonlySet<string> = new Set(['seed', 'name', 'description', 'primaryMetric', 'engine', 'outputs'])

/**
 * The pipeline with `--set` overrides laid over it.
 *
 * `vars.data=…`, `<node>.<option>=…`, `<node>.use=…`, `<node>.in.<port>=…`, `seed=…`. Values are YAML, and are checked like the file's.
 *
 * @param root - The pipeline, before variables are resolved.
 * @param overrides - Texts `path=value`, in order.
 * @param options - `lines`: what problems name as the line of each; left out: its position.
 */
export function applyOverrides(
  root: LocatedMap,
  overrides: readonly string[],
  problems: PipelineError[],
  { memo = noMemo, lines }: { readonly memo?: Memo; readonly lines?: readonly number[] | undefined } = {},
): LocatedMap {
  return overrides.reduce((current, text, index) => {
    const line = lines?.[index] ?? index + 1
    const numProblems = problems.length
    // Variants whose first overrides are the same have them laid over the pipeline once.
    return memo.of(
      ['overridden', current, text, line],
      () => applyOne(current, text, { file: overrideFile, line, column: 1 }, problems, memo),
      () => problems.length === numProblems,
    )
  }, root)
}

function applyOne(root: LocatedMap, text: string, place: Place, problems: PipelineError[], memo: Memo): LocatedMap {
  const override: Written = { place, received: text.length > 200 ? `${text.slice(0, 200)}…` : text }
  const refuse = (error: PipelineError): LocatedMap => {
    problems.push(error)
    return root
  }
  const equals = text.indexOf('=')
  if (equals <= 0) return refuse(badOverride('An override needs a path and a value', override))
  const path = text.slice(0, equals).trim().split('.')
  if (path.length > yamlLimits.depth)
    return refuse(badOverride(`The path of an override has ${String(path.length)} steps`, override))
  if (path.some((step) => step === '' || step === '__proto__' || step === 'constructor' || step === 'prototype')) {
    return refuse(badOverride('The path of an override is names with dots between', override))
  }
  const written = text.slice(equals + 1)
  const parsed = memo.of(['override', written], () => parseYaml(written, overrideFile))
  if (parsed.problems.length > 0)
    return refuse(
      badOverride(`The value is not YAML: ${parsed.problems[0]!.message}`, override, 'quote the value for the shell'),
    )
  const value = placedAt(parsed.value ?? { kind: 'scalar', place, value: null }, place)
  const within = (map: LocatedMap, inner: readonly string[]): LocatedMap =>
    memo.of(['set', map, text, place.line], () => setAt(map, inner, value, place))
  const [first, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) {
    if (!topLevel.has(first)) return refuse(badOverride(`"${first}" cannot be set alone`, override))
    return setAt(root, [first], value, place)
  }
  if (first === 'vars') {
    const declared = sectionOf(root, 'vars')
    if (rest.length > 1) return refuse(badOverride('Variables have no parts', override, 'set the whole variable'))
    if (!declared?.entries.has(rest[0]!))
      return refuse(unknownVariable(rest[0]!, declared?.entries.keys() ?? [], override))
    return withSection(root, 'vars', within(declared, rest))
  }
  const nodes = sectionOf(root, 'nodes')
  const nodePath = first === 'nodes' ? rest : path
  const [node, ...inside] = nodePath as [string, ...string[]]
  if (!nodes?.entries.has(node)) return refuse(unknownNodeToSet(node, nodes?.entries.keys() ?? [], override))
  if (inside.length === 0) return refuse(badOverride('A node cannot be set as a whole', override))
  const entry = nodes.entries.get(node)!
  const target = entry.value.kind === 'map' ? entry.value : emptyMap(place)
  const parts = partsOf(root)
  const set = memo.of(['set', target, text, place.line, parts.section], () =>
    setInNode(target, inside, value, place, parts),
  )
  if (typeof set === 'string')
    return refuse(
      badOverride(
        set,
        override,
        'an item of a list is set by its index, from 0; set the whole list to change its length',
      ),
    )
  return withSection(root, 'nodes', withEntry(nodes, node, { ...entry, value: set }))
}

/** Parts that are there to be used, by name, and the section that has them. */
function partsOf(root: LocatedMap): ReadonlyMap<string, { readonly nodes: LocatedMap }> & {
  readonly section?: LocatedMap
} {
  const section = sectionOf(root, 'parts')
  const parts = new Map(
    [...(section?.entries ?? [])].flatMap(([name, { value }]) => {
      const nodes = value.kind === 'map' ? value.entries.get('nodes')?.value : undefined
      return nodes?.kind === 'map' ? [[name, { nodes }] as const] : []
    }),
  )
  return section ? Object.assign(parts, { section }) : parts
}

/** The pipeline with a section that it has replaced. */
function withSection(root: LocatedMap, name: string, section: LocatedMap): LocatedMap {
  return withEntry(root, name, { place: root.entries.get(name)!.place, value: section })
}

function sectionOf(root: LocatedMap, name: string): LocatedMap | undefined {
  const section = root.entries.get(name)?.value
  return section?.kind === 'map' ? section : undefined
}

function placedAt(value: Located, place: Place): Located {
  if (value.kind === 'scalar') return { ...value, place }
  if (value.kind === 'list') return { ...value, place, items: value.items.map((item) => placedAt(item, place)) }
  const entries = [...value.entries].map(([key, entry]): [string, LocatedEntry] => [
    key,
    { place, value: placedAt(entry.value, place) },
  ])
  return { ...value, place, entries: new Map(entries) }
}
