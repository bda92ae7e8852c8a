import type { Activation, Graph, GraphNode, Operation, Padding } from '../graph/graph.js'
import { nodeShape } from '../graph/shapes.js'
import type { Variant } from './variant.js'
import { misuse } from '../errors.js'

/** What names a peer gives to a node's parameters: `<peer name>` by our node name. */
export type PeerNames = ReadonlyMap<string, string>

/** A backbone with the names its published weights go by. */
export interface BuiltArchitecture {
  readonly graph: Graph
  /** Layer names of Keras applications, where they differ from our node names. */
  readonly kerasNames: PeerNames
  /** Module names of torchvision's state dict. */
  readonly torchvisionNames: PeerNames
  /** Module names of timm's state dict. */
  readonly timmNames: PeerNames
}

/** Peer names of one node. */
export interface NodeAliases {
  readonly keras?: string | undefined
  readonly torchvision?: string | undefined
  readonly timm?: string | undefined
}

/** Batch-norm settings of a network. */
export interface NormSettings {
  readonly epsilon: number
  /** Keras' sense: share of the old statistic kept. */
  readonly momentum: number
  readonly scale?: boolean
}

/** Settings of a convolution; `kernel` and `stride` are numbers for square ones. */
export interface ConvSettings {
  readonly kernel: number | readonly [number, number]
  readonly stride?: number
  readonly padding: Padding
  readonly bias?: boolean
}

/** Settings of {@link GraphBuilder.squeezeExcite}. */
export interface SqueezeExciteSettings {
  /** Node names of the pool, the two convolutions and the product. */
  readonly names: { readonly pool: string; readonly reduce: string; readonly expand: string; readonly multiply: string }
  /** Channels in between. */
  readonly filters: number
  readonly activation: Activation
  readonly gate: 'sigmoid' | 'hardSigmoid'
  readonly reduce: NodeAliases
  readonly expand: NodeAliases
}

/** Collects nodes in topological order and knows every shape on the way. Each adder returns the new node's name. */
export class GraphBuilder {
  stage = 'stem'
  readonly #nodes: GraphNode[] = []
  readonly #shapes = new Map<string, readonly number[]>()
  readonly #keras = new Map<string, string>()
  readonly #torchvision = new Map<string, string>()
  readonly #timm = new Map<string, string>()
  readonly #architecture: string
  readonly #inputShape: readonly [number, number, number]
  readonly #norm: NormSettings

  constructor(architecture: string, inputShape: readonly [number, number, number], norm: NormSettings) {
    this.#architecture = architecture
    this.#inputShape = inputShape
    this.#norm = norm
    this.#shapes.set('input', inputShape)
  }

  /** Adds any node. */
  add(name: string, inputs: string | readonly string[], operation: Operation, aliases: NodeAliases = {}): string {
    const node: GraphNode = {
      ...operation,
      name,
      inputs: typeof inputs === 'string' ? [inputs] : inputs,
      stage: this.stage,
    }
    this.#shapes.set(
      name,
      nodeShape(
        node,
        node.inputs.map((input) => this.shape(input)),
      ),
    )
    this.#nodes.push(node)
    if (aliases.keras !== undefined) this.#keras.set(name, aliases.keras)
    if (aliases.torchvision !== undefined) this.#torchvision.set(name, aliases.torchvision)
    if (aliases.timm !== undefined) this.#timm.set(name, aliases.timm)
    return name
  }

  /** Adds a convolution. */
  conv(name: string, input: string, filters: number, settings: ConvSettings, aliases?: NodeAliases): string {
    return this.add(name, input, { op: 'conv', filters, ...window(settings) }, aliases)
  }

  /** Adds a depthwise convolution. */
  depthwise(name: string, input: string, settings: ConvSettings, aliases?: NodeAliases): string {
    return this.add(name, input, { op: 'depthwiseConv', ...window(settings) }, aliases)
  }

  /** Adds a batch norm with the network's settings. */
  norm(name: string, input: string, aliases?: NodeAliases): string {
    const { epsilon, momentum, scale = true } = this.#norm
    return this.add(name, input, { op: 'batchNorm', epsilon, momentum, scale, center: true }, aliases)
  }

  /** Adds a non-linearity. */
  activate(name: string, input: string, activation: Activation): string {
    return this.add(name, input, { op: 'activation', activation })
  }

  /** Adds a max or average pool with a square window. */
  pool(name: string, input: string, op: 'maxPool' | 'avgPool', size: number, stride: number, padding: Padding): string {
    return this.add(name, input, { op, size: [size, size], strides: [stride, stride], padding })
  }

  /** Shape of a node's output without the batch axis. */
  shape(name: string): readonly number[] {
    const shape = this.#shapes.get(name)
    if (shape === undefined) throw misuse(`${this.#architecture}: no node "${name}"`)
    return shape
  }

  /** Channels of a node's output. */
  channels(name: string): number {
    return this.shape(name).at(-1)!
  }

  /**
   * Adds a squeeze-and-excitation gate: pooled channels through two 1x1 convolutions with bias, product with the input.
   *
   * @returns Name of the gated output.
   */
  squeezeExcite(input: string, settings: SqueezeExciteSettings): string {
    const { names, filters, activation, gate, reduce, expand } = settings
    const pooled = this.add(names.pool, input, { op: 'globalAvgPool', keepDims: true })
    const pointwise: ConvSettings = { kernel: 1, padding: 'valid', bias: true }
    const squeezed = this.activate(
      `${names.reduce}_activation`,
      this.conv(names.reduce, pooled, filters, pointwise, reduce),
      activation,
    )
    const excited = this.conv(names.expand, squeezed, this.channels(input), pointwise, expand)
    return this.add(names.multiply, [input, this.activate(`${names.expand}_activation`, excited, gate)], {
      op: 'multiply',
    })
  }

  /** Adds the global average pool over `lastSpatialNode` and closes the backbone; `logits` names a published classifier. */
  finish(lastSpatialNode: string, logits: NodeAliases = {}): BuiltArchitecture {
    if (logits.keras !== undefined) this.#keras.set('logits', logits.keras)
    if (logits.torchvision !== undefined) this.#torchvision.set('logits', logits.torchvision)
    if (logits.timm !== undefined) this.#timm.set('logits', logits.timm)
    const featureNode = this.add('pool', lastSpatialNode, { op: 'globalAvgPool', keepDims: false })
    return {
      graph: {
        architecture: this.#architecture,
        inputShape: this.#inputShape,
        nodes: this.#nodes,
        featureNode,
        featureWidth: this.channels(featureNode),
        lastSpatialNode,
      },
      kerasNames: this.#keras,
      torchvisionNames: this.#torchvision,
      timmNames: this.#timm,
    }
  }
}

/** PyTorch's symmetric padding `kernel // 2` for an odd square kernel. */
function symmetric(kernel: number): Padding {
  const pad = Math.floor(kernel / 2)
  return [pad, pad, pad, pad]
}

/** Padding of an odd kernel in a network's variant: TensorFlow's `same`, or PyTorch's symmetric one. */
export function variantPadding(variant: Variant, kernel: number): Padding {
  return variant === 'keras' ? 'same' : symmetric(kernel)
}

/**
 * `value` rounded to the nearest multiple of `divisor`, at least `divisor`, and never more than 10 % below `value`
 * (MobileNet's rule; EfficientNet's with divisor 8).
 */
export function roundChannels(value: number, divisor = 8): number {
  const rounded = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor)
  return rounded < 0.9 * value ? rounded + divisor : rounded
}

function window({ kernel, stride = 1, padding, bias = false }: ConvSettings): {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly padding: Padding
  readonly bias: boolean
} {
  return { kernel: typeof kernel === 'number' ? [kernel, kernel] : kernel, strides: [stride, stride], padding, bias }
}
