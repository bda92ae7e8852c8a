import type { JsonObject, Operation, Place, PortKind, Spec } from '@etsef/plugin-api'

/** Where an installed operation comes from. */
export interface InstalledOperation {
  readonly operation: Operation
  readonly plugin: InstalledPlugin
}

/** A plugin package of the project. */
export interface InstalledPlugin {
  /** npm name. */
  readonly packageName: string
  readonly version: string
  /** Absolute folder of the package, symlinks followed. */
  readonly dir: string
  /** Absolute path of the light manifest module. */
  readonly entry: string
  readonly name: string
}

/** One end of an edge. */
export interface EdgeEnd {
  readonly node: string
  readonly port: string
}

/** A wire from an output to an input. */
export interface Edge {
  readonly from: EdgeEnd
  readonly to: EdgeEnd
  readonly kind: PortKind
  /** As an operation sees it at a many-port: `node`, or `node.port` when it is not the first output. */
  readonly name: string
  /** An entry of the input's list that names this output alone; `undefined`: it comes with others through an input of a part. */
  readonly entry: string | Readonly<Record<string, string>> | undefined
  readonly place: Place
}

/** A node whose operation is known. */
export interface GraphNode {
  readonly id: string
  readonly place: Place
  readonly usePlace: Place
  readonly installed: InstalledOperation
  /** In place of the run's. */
  readonly seed?: string | number | undefined
  /** Checked, with defaults. */
  readonly options: JsonObject
  /** Where an option stands in the text; the node when it is a default. */
  placeOfOption(path: readonly string[]): Place
  placeOfInput(port: string): Place
  /** Edges of each input that is wired, in the order of the text. */
  readonly inputs: Readonly<Record<string, readonly Edge[]>>
}

/** A pipeline as nodes and edges; plain data. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>
  /** Nodes wanted. */
  readonly wanted: readonly string[]
  /** What is known of each output before anything runs. */
  readonly specs: ReadonlyMap<string, Readonly<Record<string, Spec>>>
  /** A node with all that is upstream of it, by the node's name. Where variants are checked together, what is the same in two of them is one object. */
  readonly ancestries: ReadonlyMap<string, Ancestry>
}

/** A node, the seed of the run, and the ancestries of what it reads. */
export interface Ancestry {
  readonly node: GraphNode
}

/** All edges into a node, ports in the order of the declaration. */
export function edgesInto(node: GraphNode): Edge[] {
  return Object.values(node.inputs).flat()
}
