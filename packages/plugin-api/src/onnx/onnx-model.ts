import {
  bytesField,
  type Encoded,
  floatField,
  intField,
  join,
  message,
  messageField,
  messageOf,
  packedInts,
  textField,
} from './protobuf.js'

/** Attribute of an ONNX operator: an integer, a list of integers, or what its key says. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | Int32Array
  | { readonly float: number }
  | { readonly floats: Float32Array }
  | { readonly text: string }
  | { readonly texts: readonly string[] }

/** Numbers of ONNX, as the format counts its types. */
const types = { float32: 1, int64: 7, float64: 11 } as const

/** Type of a tensor. */
export type OnnxType = keyof typeof types

/** What an operator may have beside inputs and attributes. */
export interface OnnxNodeOptions {
  /** `ai.onnx.ml` for the operators of classical methods. */
  readonly domain?: 'ai.onnx.ml'
  /** Names of outputs after the first. */
  readonly moreOutputs?: readonly string[]
}

/** Collects nodes and initialisers of an ONNX graph (opset 17, `ai.onnx.ml` 3, IR 8) and encodes them. */
export class OnnxModel {
  readonly #nodes: Encoded[] = []
  readonly #initializers: Encoded[] = []
  readonly #known = new Set<string>()
  #usesMl = false

  /** Adds an operator; returns the name of its first output. */
  node(
    type: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    { domain, moreOutputs = [] }: OnnxNodeOptions = {},
  ): string {
    this.#usesMl ||= domain !== undefined
    this.#nodes.push(
      message(
        ...inputs.map((input) => textField(1, input)),
        ...[output, ...moreOutputs].map((name) => textField(2, name)),
        textField(3, output),
        textField(4, type),
        ...Object.entries(attributes).map(([name, value]) => messageField(5, attribute(name, value))),
        ...(domain === undefined ? [] : [textField(7, domain)]),
      ),
    )
    return output
  }

  /** Adds a constant once, of the type of its numbers; returns its name. */
  constant(name: string, shape: readonly number[], data: Float32Array | Float64Array): string {
    const type = data instanceof Float32Array ? 'float32' : 'float64'
    return this.#initializer(name, shape, type, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }

  /** Adds a list of int64 once; returns its name. */
  integers(name: string, values: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    return this.#initializer(name, [values.length], 'int64', bytes)
  }

  #initializer(name: string, shape: readonly number[], type: OnnxType, bytes: Uint8Array): string {
    if (this.#known.has(name)) return name
    this.#known.add(name)
    this.#initializers.push(
      message(
        ...shape.map((length) => intField(1, length)),
        intField(2, types[type]),
        textField(8, name),
        bytesField(9, bytes),
      ),
    )
    return name
  }

  /**
   * The file's bytes. Shapes are without the batch axis, which is symbolic.
   *
   * @param metadata - What a reader is told beside the graph, by name.
   */
  encode(
    name: string,
    input: TensorInfo,
    outputs: readonly TensorInfo[],
    metadata: Readonly<Record<string, string>> = {},
  ): Uint8Array {
    const graph = message(
      ...this.#nodes.map((node) => messageField(1, node)),
      textField(2, name),
      ...this.#initializers.map((tensor) => messageField(5, tensor)),
      messageField(11, valueInfo(input)),
      ...outputs.map((output) => messageField(12, valueInfo(output))),
    )
    const opsets = [opset('', 17), ...(this.#usesMl ? [opset('ai.onnx.ml', 3)] : [])]
    const told = Object.entries(metadata).map(([key, value]) =>
      messageField(14, message(textField(1, key), textField(2, value))),
    )
    return join(message(intField(1, 8), textField(2, 'etsef'), messageField(7, graph), ...opsets, ...told))
  }
}

/** Name and shape of a graph's input or output, float32. */
export interface TensorInfo {
  readonly name: string
  /** Without the batch axis. */
  readonly shape: readonly number[]
}

function opset(domain: string, version: number): Encoded {
  return messageField(8, message(textField(1, domain), intField(2, version)))
}

function attribute(name: string, value: OnnxAttribute): Encoded {
  const typed = (type: number, ...fields: readonly Encoded[]): Encoded =>
    message(textField(1, name), ...fields, intField(20, type))
  if (typeof value === 'number') return typed(2, intField(3, value))
  if ('float' in value) return typed(1, floatField(2, value.float))
  if ('floats' in value) {
    const { buffer, byteOffset, byteLength } = value.floats
    return typed(6, bytesField(7, new Uint8Array(buffer, byteOffset, byteLength)))
  }
  if ('text' in value) return typed(3, textField(4, value.text))
  if ('texts' in value) return typed(8, messageOf(value.texts.map((text) => textField(9, text))))
  return typed(7, packedInts(8, value))
}

function valueInfo({ name, shape }: TensorInfo): Encoded {
  const dims = [messageField(1, textField(2, 'batch')), ...shape.map((length) => messageField(1, intField(1, length)))]
  const tensor = message(intField(1, types.float32), messageField(2, message(...dims)))
  return message(textField(1, name), messageField(2, messageField(1, tensor)))
}
