import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { Tf, Variable } from '../engine/engine.js'
import { misuse } from '../errors.js'

/** An operation on the tape of TensorFlow.js. */
interface TapeNode {
  readonly kernelName: string
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly outputs: readonly Tensor[]
  /** Gradients by the name of the input, of those of the outputs. */
  readonly gradient?: (dys: (Tensor | null)[]) => Readonly<Record<string, () => Tensor>>
  /** Values that the gradient reads; kept until somebody disposes them. */
  readonly saved?: readonly Tensor[]
}

/** What records operations, which TensorFlow.js does not declare as public. */
interface TapeEngine {
  readonly state: { activeTape: TapeNode[] | null }
  startTape(): void
  endTape(): void
}

/** A loss and its gradients. The holder disposes them. */
export interface LossGradients {
  readonly value: Scalar
  /** In the order of the variables; undefined where the loss does not depend on one. */
  readonly gradients: readonly (Tensor | undefined)[]
}

/**
 * Gradients of a loss with the bits of `tf.variableGrads`, which keeps every value and every gradient between until the last one is
 * known: here each is freed as soon as the way back has passed it, so that a step needs about half the memory.
 *
 * @param loss - Called once, with its operations recorded. Not to be called while other operations are recorded.
 */
export function gradientsOf(tf: Tf, loss: () => Scalar, variables: readonly Variable[]): LossGradients {
  const { value, tape } = record(tf, loss)
  const way = findWay(tape, variables, value)
  const slopes = new Map<number, Tensor>([[value.id, tf.ones(value.shape)]])
  for (const node of tape.reverse()) {
    const learned = way.get(node)
    if (learned !== undefined) passBack(tf, node, learned, slopes)
    for (const tensor of node.saved ?? []) tensor.dispose()
  }
  return { value, gradients: variables.map(({ id }) => slopes.get(id)) }
}

function record(tf: Tf, loss: () => Scalar): { readonly value: Scalar; readonly tape: TapeNode[] } {
  const engine = tf.engine() as unknown as TapeEngine
  engine.startTape()
  try {
    const value = tf.tidy(loss)
    return { value, tape: engine.state.activeTape! }
  } finally {
    engine.endTape()
    engine.state.activeTape = null
  }
}

/** The operations on a way from a variable to the value, with the names of those inputs that depend on a variable. */
function findWay(tape: readonly TapeNode[], variables: readonly Variable[], value: Tensor): Map<TapeNode, string[]> {
  const dependent = new Set(variables.map(({ id }) => id))
  const learned = new Map<TapeNode, string[]>()
  for (const node of tape) {
    const names = Object.keys(node.inputs).filter((name) => dependent.has(node.inputs[name]!.id))
    if (names.length === 0) continue
    learned.set(node, names)
    for (const { id } of node.outputs) dependent.add(id)
  }
  const leading = new Set([value.id])
  const way = new Map<TapeNode, string[]>()
  for (const node of [...tape].reverse()) {
    if (!node.outputs.some(({ id }) => leading.has(id))) continue
    for (const { id } of Object.values(node.inputs)) leading.add(id)
    const names = learned.get(node)
    if (names !== undefined) way.set(node, names)
  }
  return way
}

/** Adds the gradients of an operation's inputs to `slopes`, and frees those of its outputs: all that read them have been passed. */
function passBack(tf: Tf, node: TapeNode, names: readonly string[], slopes: Map<number, Tensor>): void {
  const { gradient, kernelName, inputs, outputs } = node
  if (gradient === undefined) throw misuse(`${kernelName} has no gradient`)
  const dys = outputs.map(({ id }) => slopes.get(id) ?? null)
  const found = tf.tidy(() => {
    const given = gradient(dys)
    return names.map((name) => {
      const slope = given[name]!()
      // Handed through as it came: whoever holds it frees it.
      return dys.includes(slope) ? slope.clone() : slope
    })
  })
  for (const [i, name] of names.entries()) {
    const { id } = inputs[name]!
    const earlier = slopes.get(id)
    slopes.set(id, earlier === undefined ? found[i]! : tf.add(earlier, found[i]!))
    if (earlier === undefined) continue
    earlier.dispose()
    found[i]!.dispose()
  }
  for (const { id } of outputs) {
    slopes.get(id)?.dispose()
    slopes.delete(id)
  }
}
