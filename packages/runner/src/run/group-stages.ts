import type { Resources } from '@etsef/plugin-api'
import type { Stage } from '../plan/stages.js'

/** Stages that go to a machine together, producers first. */
export interface StageGroup {
  readonly stages: readonly Stage[]
  /** Groups of one level do not wait for each other. */
  readonly level: number
  /** What the largest of its stages needs. */
  readonly resources: Resources
  /** Groups that have to end before. */
  readonly after: readonly StageGroup[]
  readonly seconds: number
}

/** What is known of the stages that are grouped. */
export interface GroupOptions {
  /** Stages that a stage needs; those that are not grouped are passed over. */
  producersOf(stage: Stage): readonly string[]
  /** How long a stage takes, where it was recorded. */
  secondsOf(stage: Stage): number | undefined
  readonly wanted: ReadonlySet<string>
  /** Small stages go together up to so many seconds; 0: every stage goes alone. */
  readonly groupSeconds: number
}

/** Of a stage that was never run. One that computes on tensors may take long, and stands alone. */
const unknownSeconds = 1
/** Groups of one level, where there is enough for as many: a cluster has more than one machine. */
const spread = 4

/**
 * Groups stages for an engine to which every task costs something: heavy ones stand alone, light ones that are for the same results go
 * together, and groups of one level are joined until they are worth a task.
 *
 * @param stages - With distinct keys, producers first.
 */
export function groupStages(stages: readonly Stage[], options: GroupOptions): readonly StageGroup[] {
  const known = new Map(stages.map((stage) => [stage.id, stage]))
  const producers = new Map(stages.map((stage) => [stage.id, options.producersOf(stage).filter((id) => known.has(id))]))
  const secondsOf = (stage: Stage): number => options.secondsOf(stage) ?? unknownSeconds
  const isHeavy = (stage: Stage): boolean =>
    options.groupSeconds <= 0 ||
    (stage.resources.gpus ?? 0) > 0 ||
    stage.resources.cpus > 1 ||
    (options.secondsOf(stage) ?? (stage.needsEngine ? Infinity : 0)) >= options.groupSeconds / 2
  const results = resultsOf(stages, producers, options.wanted)
  const layers = new Map<string, number>()
  const pieces = new Map<string, Stage[]>()
  for (const stage of stages) {
    const own = isHeavy(stage)
    const above = producers.get(stage.id)!.map((id) => layers.get(id)! + (own || isHeavy(known.get(id)!) ? 1 : 0))
    const layer = Math.max(0, ...above)
    layers.set(stage.id, layer)
    const piece = own ? stage.id : `${results.get(stage.id)!.toString(36)} ${String(layer)}`
    pieces.set(piece, [...(pieces.get(piece) ?? []), stage])
  }
  const small = [...pieces.values()].flatMap((piece) =>
    sum(piece, secondsOf) > options.groupSeconds ? chainsOf(piece, producers) : [piece],
  )
  return pack(small, { producers, secondsOf, isHeavy, groupSeconds: options.groupSeconds })
}

/** For every stage a set of bits, one for each wanted result that depends on it. A producer has every bit of the stages that read it. */
function resultsOf(
  stages: readonly Stage[],
  producers: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, bigint> {
  const results = new Map<string, bigint>()
  let bit = 1n
  for (const { id } of [...stages].reverse()) {
    let own = results.get(id) ?? 0n
    if (wanted.has(id) || own === 0n) {
      own |= bit
      bit <<= 1n
    }
    results.set(id, own)
    for (const producer of producers.get(id)!) results.set(producer, (results.get(producer) ?? 0n) | own)
  }
  return results
}

/** Cuts what is too much for one machine into chains of nodes, which nothing could run side by side anyway. */
function chainsOf(piece: readonly Stage[], producers: ReadonlyMap<string, readonly string[]>): Stage[][] {
  const nodeOf = new Map(piece.map(({ id, node }) => [id, node]))
  const above = new Map<string, Set<string>>()
  const below = new Map<string, Set<string>>()
  for (const { id, node } of piece) {
    const nodes = producers.get(id)!.flatMap((each) => nodeOf.get(each) ?? [])
    for (const other of nodes) {
      if (other === node) continue
      above.set(node, (above.get(node) ?? new Set()).add(other))
      below.set(other, (below.get(other) ?? new Set()).add(node))
    }
  }
  const chains = new Map<string, Stage[]>()
  for (const stage of piece) {
    const [first, second] = above.get(stage.node) ?? []
    const goesOn = first !== undefined && second === undefined && below.get(first)!.size === 1
    const chain = chains.get(stage.node) ?? (goesOn ? chains.get(first)! : [])
    chain.push(stage)
    chains.set(stage.node, chain)
  }
  return [...new Set(chains.values())]
}

interface PackOptions {
  readonly producers: ReadonlyMap<string, readonly string[]>
  readonly secondsOf: (stage: Stage) => number
  readonly isHeavy: (stage: Stage) => boolean
  readonly groupSeconds: number
}

/** Joins pieces of one level and one class of memory until they are worth a task. */
function pack(
  pieces: readonly (readonly Stage[])[],
  { producers, secondsOf, isHeavy, groupSeconds }: PackOptions,
): readonly StageGroup[] {
  const pieceOf = new Map(pieces.flatMap((piece, index) => piece.map(({ id }) => [id, index] as const)))
  const after = pieces.map((piece, index) =>
    [...new Set(piece.flatMap(({ id }) => producers.get(id)!.map((each) => pieceOf.get(each)!)))].filter(
      (each) => each !== index,
    ),
  )
  const levels = new Map<number, number>()
  const levelOf = (start: number): number => {
    const open = [start]
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      const waiting = after[next]!.filter((each) => !levels.has(each))
      if (waiting.length > 0) open.push(...waiting)
      else {
        levels.set(next, Math.max(-1, ...after[next]!.map((each) => levels.get(each)!)) + 1)
        open.pop()
      }
    }
    return levels.get(start)!
  }
  const classes = new Map<string, number[]>()
  pieces.forEach((piece, index) => {
    const level = levelOf(index)
    const memoryGb = Math.ceil(Math.log2(Math.max(1, largest(piece).memoryMb / 1024)))
    const name = piece.some(isHeavy) ? `alone ${String(index)}` : `${String(level)} ${String(memoryGb)}`
    classes.set(name, [...(classes.get(name) ?? []), index])
  })
  const bins = [...classes.values()].flatMap((members) =>
    split(members, (each) => sum(pieces[each]!, secondsOf), groupSeconds),
  )
  bins.sort(([a], [b]) => levels.get(a!)! - levels.get(b!)! || a! - b!)
  const groupOf = new Map<number, StageGroup>()
  return bins.map((members) => {
    const stages = members.flatMap((each) => pieces[each]!)
    const group: StageGroup = {
      stages,
      level: levels.get(members[0]!)!,
      resources: largest(stages),
      after: [...new Set(members.flatMap((each) => after[each]!.map((other) => groupOf.get(other)!)))],
      seconds: sum(stages, secondsOf),
    }
    for (const each of members) groupOf.set(each, group)
    return group
  })
}

/** Cuts a list into runs of much the same weight, of at most `most` where the items allow. */
function split(items: readonly number[], weightOf: (item: number) => number, most: number): number[][] {
  const total = items.reduce((all, item) => all + weightOf(item), 0)
  const count = Math.min(items.length, Math.max(most > 0 ? Math.ceil(total / most) : items.length, spread))
  const runs: number[][] = Array.from({ length: count }, () => [])
  let weight = 0
  items.forEach((item, index) => {
    // An item goes to the run in which the middle of its weight falls; no run is left empty, however uneven the weights are.
    const at = total > 0 ? Math.floor(((weight + weightOf(item) / 2) / total) * count) : index % count
    runs[Math.min(count - 1, at)]!.push(item)
    weight += weightOf(item)
  })
  return runs.filter((run) => run.length > 0)
}

function largest(stages: readonly Stage[]): Resources {
  return stages.reduce(
    (most, { resources }) => ({
      cpus: Math.max(most.cpus, resources.cpus),
      memoryMb: Math.max(most.memoryMb, resources.memoryMb),
      gpus: Math.max(most.gpus, resources.gpus ?? 0),
    }),
    { cpus: 1, memoryMb: 0, gpus: 0 },
  )
}

function sum(stages: readonly Stage[], secondsOf: (stage: Stage) => number): number {
  return stages.reduce((total, stage) => total + secondsOf(stage), 0)
}
