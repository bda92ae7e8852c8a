import type { PipelineError } from '@etsef/plugin-api'
import { noMemo, type Memo } from '../memo.js'
import type { Block, Expanded, Instance, Member, Scope, ScopedNode } from './expand-parts.js'
import { yamlLimits } from './limits.js'
import { mapsAsLists } from './located.js'
import {
  inputFedByItself,
  notAnOutput,
  oneNameForMany,
  tooManyReferenced,
  unknownInPart,
  unknownInputOfPart,
  unknownOutputOfPart,
} from './pipeline-problems.js'
import type { InputDeclaration, NodeDeclaration, Reference } from './read-node.js'

/** Looks names up through parts and lists. */
export interface References {
  /** The node with references to nodes of the written-out pipeline; the very node where they are that already. */
  ofNode(scoped: ScopedNode): NodeDeclaration
  /** What a reference names. A name that is not there is left as it is: it is reported with the graph. */
  resolve(reference: Reference, scope: Scope): readonly Reference[]
  /** References that were resolved so far, those behind them included. */
  count(): number
}

/** A block with its references resolved, and what all names that were looked up for it stood for. */
interface ResolvedBlock {
  readonly nodes: readonly NodeDeclaration[]
  readonly looked: ReadonlyMap<string, Member | undefined>
  readonly count: number
}

/** The nodes of a pipeline with their references resolved, as another variant of it has them where the same names stand for the same. */
export function resolveNodes(
  { blocks, scope }: Expanded,
  references: References,
  problems: PipelineError[],
  memo: Memo,
): readonly NodeDeclaration[] {
  const plain = (): readonly NodeDeclaration[] =>
    blocks.flatMap(({ nodes }) => nodes.map((scoped) => references.ofNode(scoped)))
  if (memo === noMemo) return plain()
  const numBefore = problems.length
  let count = 0
  const nodes = blocks.flatMap((block) => {
    const known = memo.of(['resolved blocks', block.name, block], (): ResolvedBlock[] => [])
    let resolved = known.find(({ looked }) => isAsLooked(looked, scope))
    if (!resolved) {
      const numProblems = problems.length
      resolved = resolveBlock(block, problems, memo)
      if (problems.length === numProblems) known.push(resolved)
    }
    count += resolved.count
    return resolved.nodes
  })
  if (count <= yamlLimits.referenceValues) return nodes
  // The bound is of all nodes together.
  problems.length = numBefore
  return plain()
}

/** Whether names still stand for what they stood for. Of a node its name is all that is looked at. */
function isAsLooked(looked: ResolvedBlock['looked'], { members }: Scope): boolean {
  for (const [name, was] of looked) {
    const is = members.get(name)
    if (is !== was && !(is?.kind === 'node' && was?.kind === 'node' && is.id === was.id)) return false
  }
  return true
}

function resolveBlock({ nodes }: Block, problems: PipelineError[], memo: Memo): ResolvedBlock {
  const looked = new Map<string, Member | undefined>()
  const references = createReferences(problems, looked)
  // Nodes of different blocks that say the same at the same places are one node.
  const once = (node: NodeDeclaration): NodeDeclaration =>
    memo.of(['resolved node', node.id, JSON.stringify(node, mapsAsLists)], () => node)
  return {
    nodes: nodes.map((scoped) => {
      const node = references.ofNode(scoped)
      return node === scoped.node && node.within.length === 0 ? node : once(node)
    }),
    looked,
    count: references.count(),
  }
}

/**
 * Resolves references of scopes that are complete.
 *
 * @param looked - Gets every name of the outermost scope that is looked up, and what it stands for.
 */
export function createReferences(problems: PipelineError[], looked?: Map<string, Member | undefined>): References {
  let numResolved = 0
  let isExhausted = false
  const open: string[] = []

  const resolve = (reference: Reference, scope: Scope): readonly Reference[] => {
    if (++numResolved > yamlLimits.referenceValues) {
      if (!isExhausted) problems.push(tooManyReferenced(reference.place))
      isExhausted = true
      return []
    }
    const rest = reference.port === undefined ? [] : reference.port.split('.')
    if (scope.instance && reference.node === 'in') return resolveInput(reference, rest, scope.instance)
    const member = scope.members.get(reference.node)
    if (!scope.instance) looked?.set(reference.node, member)
    if (!member) {
      if (!scope.instance) return [reference]
      problems.push(unknownInPart(scope.instance.part.name, reference, scope.members.keys()))
      return []
    }
    const found = outputsOf(member, rest, reference, reference.node)
    if (reference.name === undefined) return found
    if (found.length <= 1) return found.map((each) => ({ ...each, name: reference.name! }))
    problems.push(oneNameForMany(reference.name, found.length, reference))
    return []
  }

  const outputsOf = (
    member: Member,
    rest: readonly string[],
    reference: Reference,
    shown: string,
  ): readonly Reference[] => {
    if (member.kind === 'broken') return []
    if (member.kind === 'node') {
      const path = [shown, ...rest].join('.')
      if (rest.length <= 1)
        return member.id === reference.node && reference.port === rest[0]
          ? [reference]
          : [{ ...reference, node: member.id, port: rest[0], shown, path }]
      problems.push(notAnOutput(`"${reference.text}"`, reference.place, `the text "${reference.text}"`))
      return []
    }
    if (member.kind === 'part') return outputsOfPart(member.instance, rest, reference, shown)
    const [name, ...more] = rest
    const item = name === undefined ? undefined : member.items.get(name)
    if (item) return outputsOf(item, more, reference, `${shown}.${name!}`)
    return [...member.items].flatMap(([each, one]) =>
      outputsOf(one, rest, reference, each).map((output) => ({
        ...output,
        path: [reference.node, each, ...rest].join('.'),
      })),
    )
  }

  const outputsOfPart = (
    { part, scope }: Instance,
    rest: readonly string[],
    reference: Reference,
    shown: string,
  ): readonly Reference[] => {
    const [first] = part.outputs.keys()
    const [name = first, ...more] = rest
    const output = name !== undefined && more.length === 0 ? part.outputs.get(name) : undefined
    if (output) {
      const found = resolve(output, scope)
      const own = name === first ? shown : `${shown}.${name!}`
      const [only, ...others] = found
      if (only && others.length === 0)
        return [{ ...reference, node: only.node, port: only.port, name: own, path: [shown, ...rest].join('.') }]
      return found.map((each) => ({
        ...reference,
        node: each.node,
        port: each.port,
        shown: `${own}.${each.shown ?? each.node}`,
        ...(each.name === undefined ? {} : { name: `${own}.${each.name}` }),
        path: undefined,
      }))
    }
    const inner = name === undefined ? undefined : scope.members.get(name)
    if (inner) return outputsOf(inner, more, reference, `${shown}.${name!}`)
    problems.push(unknownOutputOfPart(part, name, scope.members.keys(), reference))
    return []
  }

  const resolveInput = (reference: Reference, [name, ...more]: readonly string[], instance: Instance) => {
    const { part, inputs, outer, id } = instance
    if (name === undefined || more.length > 0 || !part.inputs.has(name)) {
      problems.push(
        unknownInputOfPart(part, {
          shown: [name, ...more].join('.'),
          name: name ?? '',
          place: reference.place,
          received: reference.text,
        }),
      )
      return []
    }
    const key = `${id} ${name}`
    if (open.includes(key)) {
      problems.push(inputFedByItself(name, id, inputs.get(name)?.place ?? reference.place))
      return []
    }
    open.push(key)
    const given = inputs.get(name)?.references ?? []
    const found = given.flatMap((each) => resolve(each, outer))
    open.pop()
    const path = given.length === 1 && found.length === 1 ? reference.text : undefined
    return found.map((each): Reference => ({ ...each, shown: each.shown ?? each.node, path }))
  }

  return {
    resolve,
    count: () => numResolved,
    ofNode({ node, scope }) {
      let isSame = true
      const inputs = new Map<string, InputDeclaration>()
      for (const [port, input] of node.inputs) {
        const references = input.references.flatMap((each) => resolve(each, scope))
        const isKept =
          references.length === input.references.length &&
          references.every((each, index) => each === input.references[index])
        if (!isKept) isSame = false
        // An optional input of the part that is not given feeds nothing.
        const isAbsent = references.length === 0 && isUngiven(input, scope)
        if (!isAbsent) inputs.set(port, isKept ? input : { ...input, references })
      }
      return isSame ? node : { ...node, inputs }
    },
  }
}

function isUngiven({ references }: InputDeclaration, { instance }: Scope): boolean {
  return (
    instance !== undefined &&
    references.length > 0 &&
    references.every(
      ({ node, port }) => node === 'in' && port !== undefined && instance.part.inputs.get(port)?.isOptional === true,
    )
  )
}
