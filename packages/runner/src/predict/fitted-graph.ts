import type { JsonObject, Operation } from '@etsef/plugin-api'

/** An output of a node. */
export interface Output {
  readonly node: string
  readonly port: string
}

/** What a step reads: rows of another step, or a folder. */
export interface StepInput {
  readonly port: string
  /** As the operation sees it at a many-port. */
  readonly name: string
  /** Output whose rows are read. */
  readonly from?: Output
  /** Folder of a model. */
  readonly dir?: string
}

/** A node on the way from pictures to the answer, with all that it needs to be applied. */
export interface FittedStep {
  readonly node: string
  readonly type: string
  /** npm name of the package that brings the operation, with the version it had. */
  readonly plugin: string
  readonly options: JsonObject
  /** Left out where nothing is drawn. */
  readonly seed?: string
  /** Rows pass unchanged: what it does, a split or copies of train rows, it does not do to a new picture. */
  readonly passes?: true
  /** Folder of the fitted state. */
  readonly state?: string
  readonly inputs: readonly StepInput[]
}

/**
 * The fitted sub-graph from pictures to the rows of a node, as plain data: what prediction needs of a run, and nothing that could be
 * fitted. Folders are absolute.
 */
export interface FittedGraph {
  readonly target: Output
  readonly classNames: readonly string[]
  /** Whose contract pictures are decoded by. */
  readonly source: Pick<FittedStep, 'node' | 'type' | 'plugin' | 'options' | 'seed'> & { readonly port: string }
  /** Producers first; the target's last. */
  readonly steps: readonly FittedStep[]
  /** Id of the engine that the run computed on; left out where nothing computes on tensors. */
  readonly engine?: string
}

/**
 * The outputs whose rows a node combines: members of the vote that gives the answer, also where calibration or abstention stands behind
 * it. None where the answer comes from one classifier.
 *
 * @param operation - The operation of a type.
 */
export function membersOf(
  { steps, target }: FittedGraph,
  operation: (type: string) => Pick<Operation, 'inputs' | 'joins'>,
): readonly (Output & { readonly name: string })[] {
  let at: string | undefined = target.node
  while (at !== undefined) {
    const step = steps.find(({ node }) => node === at)
    if (!step) return []
    const { inputs, joins } = operation(step.type)
    const members = step.inputs.flatMap(({ port, name, from }) =>
      from && inputs[port]?.kind === 'predictions' ? [{ ...from, name }] : [],
    )
    if (joins) return members
    at = members[0]?.node
  }
  return []
}
