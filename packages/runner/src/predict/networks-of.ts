import type { Port } from '@etsef/plugin-api'
import type { FittedGraph, Output } from './fitted-graph.js'
import type { PredictionHost } from './open-fitted-graph.js'

/** A network on the way that reads pictures. */
export interface NetworkStep {
  /** Of its node. */
  readonly name: string
  /** Folder of its model. */
  readonly dir: string
  /** Pictures as it reads them. */
  readonly reads: Output
}

/** Networks on the way from pictures to the answer, by what operations say of their ports. */
export function networksOf({ steps }: FittedGraph, operation: PredictionHost['operation']): readonly NetworkStep[] {
  return steps.flatMap(({ node, type, state, inputs, passes }) => {
    const { inputs: ports, outputs } = operation(type)
    const reads = inputs.find(({ port, from }) => from && ports[port]?.kind === 'images')?.from
    if (!reads || passes) return []
    const givesNetwork = Object.values(outputs).some((port) => isNetwork(port))
    const own = state !== undefined && givesNetwork ? state : undefined
    const given = inputs.find(({ port, dir }) => dir !== undefined && isNetwork(ports[port]))?.dir
    const dir = own ?? given
    return dir === undefined ? [] : [{ name: node, dir, reads }]
  })
}

function isNetwork(port: Port | undefined): boolean {
  return port?.kind === 'model' && [port.models?.modelKind].flat().includes('network')
}
