import type { WeightTensor } from '../graph/graph.js'

/** One node of a TensorFlow graph in JSON, as TF.js graph models have it. */
export interface GraphDefNode {
  readonly name: string
  readonly op: string
  readonly input?: readonly string[]
  readonly attr?: Readonly<Record<string, unknown>>
}

/** Collects nodes and constants of a TF.js graph model. Each adder returns the new node's name. */
export class GraphDef {
  readonly nodes: GraphDefNode[] = []
  readonly #floats: { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array }[] = []
  readonly #ints: { readonly name: string; readonly shape: readonly number[]; readonly data: Int32Array }[] = []

  /** Adds an operation. */
  node(name: string, op: string, input: readonly string[], attr: Readonly<Record<string, unknown>> = {}): string {
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } })
    return name
  }

  /** Adds the input, `[batch, …shape]`. */
  placeholder(name: string, shape: readonly number[]): string {
    this.nodes.push({ name, op: 'Placeholder', attr: { dtype: FLOAT, shape: { shape: dims([-1, ...shape]) } } })
    return name
  }

  /** Adds a float32 constant. */
  weight(name: string, { shape, data }: WeightTensor): string {
    this.nodes.push({
      name,
      op: 'Const',
      attr: { dtype: FLOAT, value: { tensor: { dtype: 'DT_FLOAT', tensorShape: dims(shape) } } },
    })
    this.#floats.push({ name, shape, data })
    return name
  }

  /** Adds a float32 scalar. */
  scalar(name: string, value: number): string {
    return this.weight(name, { shape: [], data: Float32Array.of(value) })
  }

  /** Adds an int32 constant. */
  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    this.nodes.push({
      name,
      op: 'Const',
      attr: { dtype: { type: 'DT_INT32' }, value: { tensor: { dtype: 'DT_INT32', tensorShape: dims(shape) } } },
    })
    this.#ints.push({ name, shape, data: Int32Array.from(values) })
    return name
  }

  /** Weight entries and their bytes, floats first. */
  weights(): { readonly specs: readonly object[]; readonly bytes: Uint8Array } {
    const specs = [
      ...this.#floats.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      ...this.#ints.map(({ name, shape }) => ({ name, shape, dtype: 'int32' })),
    ]
    const arrays = [...this.#floats, ...this.#ints].map(
      ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    )
    return { specs, bytes: Buffer.concat(arrays) }
  }
}

/** A text attribute: TF.js keeps them in base64. */
export function text(value: string): object {
  return { s: Buffer.from(value).toString('base64') }
}

/** A list-of-integers attribute. */
export function integerList(values: readonly number[]): object {
  return { list: { i: values.map(String) } }
}

const FLOAT = { type: 'DT_FLOAT' }

function dims(shape: readonly number[]): object {
  return { dim: shape.map((size) => ({ size: String(size) })) }
}
