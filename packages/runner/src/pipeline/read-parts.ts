import type { PipelineError, Place } from '@etsef/plugin-api'
import { emptyMap, isBroken, type Located, type LocatedMap } from './located.js'
import { yamlLimits } from './limits.js'
import {
  badName,
  badOptional,
  nodeCalledIn,
  noNodes,
  notAName,
  partInItself,
  unknownInPart,
  unknownPart,
} from './pipeline-problems.js'
import { asMap, nodeName, readReference, reportUnknownKeys, type Reference } from './read-node.js'

/** A parameter of a part. */
export interface PartParameter {
  readonly place: Place
  /** What it is where a use does not say; `undefined`: a use must. */
  readonly fallback: Located | undefined
}

/** A sub-graph that pipelines use by its name. */
export interface PartDeclaration {
  readonly name: string
  readonly place: Place
  readonly inputs: ReadonlyMap<string, { readonly place: Place; readonly isOptional: boolean }>
  readonly parameters: ReadonlyMap<string, PartParameter>
  readonly nodes: LocatedMap
  /** Names of nodes of the part, to be looked up in it; the first is what a use of the part gives. */
  readonly outputs: ReadonlyMap<string, Reference>
}

/** Text in place of a default: the parameter must be given. */
const required = '$required'

const partKeys = ['description', 'inputs', 'parameters', 'nodes', 'outputs']

/** The parts of a pipeline; problems of form are reported, and parts that use themselves. */
export function readParts(
  section: Located | undefined,
  problems: PipelineError[],
): ReadonlyMap<string, PartDeclaration> {
  const map = section && asMap(section, '"parts"', problems)
  const parts = new Map<string, PartDeclaration>()
  for (const [name, entry] of map?.entries ?? []) {
    checkName(name, 'a part', entry.place, problems)
    const body = asMap(entry.value, `Part "${name}"`, problems)
    if (!body) continue
    reportUnknownKeys(body, partKeys, `part "${name}"`, problems)
    const nodes = body.entries.get('nodes')
    const nodesMap = nodes && asMap(nodes.value, `"nodes" of part "${name}"`, problems)
    if (nodesMap ? nodesMap.entries.size === 0 : !nodes)
      problems.push(noNodes(`Part "${name}"`, nodes?.place ?? entry.place))
    for (const [node, { place }] of nodesMap?.entries ?? []) {
      checkName(node, 'a node', place, problems)
      if (node === 'in') problems.push(nodeCalledIn(name, place))
    }
    parts.set(name, {
      name,
      place: entry.place,
      inputs: readInputs(name, body, problems),
      parameters: readParameters(name, body, problems),
      nodes: nodesMap ?? emptyMap(entry.place),
      outputs: readOutputs(name, body, nodesMap, problems),
    })
  }
  return parts
}

/** Reports a name that is none. */
export function checkName(name: string, what: string, place: Place, problems: PipelineError[]): void {
  if (nodeName.test(name)) return
  problems.push(badName(name, what, place))
}

/** `[a, b]`, or `{ a: what it is, b: { optional: true } }`. */
function readInputs(part: string, body: LocatedMap, problems: PipelineError[]): PartDeclaration['inputs'] {
  const inputs = new Map<string, { readonly place: Place; readonly isOptional: boolean }>()
  const value = body.entries.get('inputs')?.value
  if (value?.kind === 'list') {
    for (const item of value.items) {
      const name = nameOf(item, `An input of part "${part}"`, problems)
      if (name !== undefined) inputs.set(name, { place: item.place, isOptional: false })
    }
  } else if (value) {
    for (const [name, entry] of asMap(value, `"inputs" of part "${part}"`, problems)?.entries ?? []) {
      checkName(name, 'an input', entry.place, problems)
      const more = entry.value.kind === 'map' ? entry.value : undefined
      if (more) reportUnknownKeys(more, ['description', 'optional'], `input "${name}" of part "${part}"`, problems)
      const optional = more?.entries.get('optional')?.value
      if (optional && !(optional.kind === 'scalar' && typeof optional.value === 'boolean') && !isBroken(optional))
        problems.push(badOptional(name, optional))
      inputs.set(name, { place: entry.place, isOptional: optional?.kind === 'scalar' && optional.value === true })
    }
  }
  return inputs
}

/** `{ components: 16, classWeight: $required }`, or a list of names that must all be given. */
function readParameters(part: string, body: LocatedMap, problems: PipelineError[]): PartDeclaration['parameters'] {
  const parameters = new Map<string, PartParameter>()
  const value = body.entries.get('parameters')?.value
  if (value?.kind === 'list') {
    for (const item of value.items) {
      const name = nameOf(item, `A parameter of part "${part}"`, problems)
      if (name !== undefined) parameters.set(name, { place: item.place, fallback: undefined })
    }
  } else if (value) {
    for (const [name, entry] of asMap(value, `"parameters" of part "${part}"`, problems)?.entries ?? []) {
      checkName(name, 'a parameter', entry.place, problems)
      const isRequired = entry.value.kind === 'scalar' && entry.value.value === required
      parameters.set(name, { place: entry.place, fallback: isRequired ? undefined : entry.value })
    }
  }
  return parameters
}

function readOutputs(
  part: string,
  body: LocatedMap,
  nodes: LocatedMap | undefined,
  problems: PipelineError[],
): PartDeclaration['outputs'] {
  const value = body.entries.get('outputs')?.value
  const map = value && asMap(value, `"outputs" of part "${part}"`, problems)
  for (const [name, { place }] of map?.entries ?? []) checkName(name, 'an output', place, problems)
  return new Map(
    [...(map?.entries ?? [])].flatMap(([name, { value: written }]) => {
      const reference = readReference(written, `Output "${name}" of part "${part}"`, problems)
      if (reference && nodes && reference.node !== 'in' && !nodes.entries.has(reference.node))
        problems.push(unknownInPart(part, reference, nodes.entries.keys()))
      return reference ? [[name, reference] as const] : []
    }),
  )
}

function nameOf(item: Located, what: string, problems: PipelineError[]): string | undefined {
  if (isBroken(item)) return undefined
  if (item.kind === 'scalar' && typeof item.value === 'string' && nodeName.test(item.value)) return item.value
  problems.push(notAName(what, item))
  return undefined
}

/** Parts that use themselves, directly or by way of others; each ring is reported once, as are parts that are named and not there. */
export function findRings(parts: ReadonlyMap<string, PartDeclaration>, problems: PipelineError[]): ReadonlySet<string> {
  const uses = new Map([...parts.values()].map((part) => [part.name, usesOf(part)]))
  for (const named of uses.values())
    for (const { name, place } of named) if (!parts.has(name)) problems.push(unknownPart(name, place, parts.keys()))
  const ringed = new Set<string>()
  const done = new Set<string>()
  const open: string[] = []
  const visit = (name: string): void => {
    open.push(name)
    for (const use of open.length > yamlLimits.referenceDepth ? [] : (uses.get(name) ?? [])) {
      const at = open.indexOf(use.name)
      if (at >= 0) {
        const ring = [...open.slice(at), use.name]
        for (const each of ring) ringed.add(each)
        problems.push(partInItself(use.name, use.place, ring))
      } else if (!done.has(use.name)) visit(use.name)
    }
    open.pop()
    done.add(name)
  }
  for (const name of parts.keys()) if (!done.has(name)) visit(name)
  return ringed
}

/** Parts that the nodes of a part name by their text; one named by a parameter is known where the part is used. */
function usesOf({ nodes }: PartDeclaration): readonly { readonly name: string; readonly place: Place }[] {
  return [...nodes.entries.values()].flatMap(({ value }) => {
    const part = value.kind === 'map' ? value.entries.get('part')?.value : undefined
    const name = part?.kind === 'scalar' && typeof part.value === 'string' ? part.value : undefined
    return part && name !== undefined && !name.includes('${') ? [{ name, place: part.place }] : []
  })
}
