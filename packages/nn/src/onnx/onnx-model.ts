import { bytesField, type Encoded, floatField, intField, join, message, messageField, textField } from './protobuf.js'

/** Attribute of an ONNX operator: an integer, a list of integers, or a float. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number }

const FLOAT = 1
const INT64 = 7

/** Collects nodes and initialisers of an ONNX graph (opset 17, IR 8) and encodes them. */
export class OnnxModel {
  readonly #nodes: Encoded[] = []
  readonly #initializers: Encoded[] = []
  readonly #known = new Set<string>()

  /** Adds an operator with one output; returns the output's name. */
  node(
    type: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    this.#nodes.push(
      message(
        ...inputs.map((input) => textField(1, input)),
        textField(2, output),
        textField(3, output),
        textField(4, type),
        ...Object.entries(attributes).map(([name, value]) => messageField(5, attribute(name, value))),
      ),
    )
    return output
  }

  /** Adds a float32 constant once; returns its name. */
  constant(name: string, shape: readonly number[], data: Float32Array): string {
    return this.#initializer(name, shape, FLOAT, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }

  /** Adds a list of int64 once; returns its name. */
  integers(name: string, values: readonly number[]): string {
    return this.#initializer(name, [values.length], INT64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
  }

  #initializer(name: string, shape: readonly number[], type: number, bytes: Uint8Array): string {
    if (this.#known.has(name)) return name
    this.#known.add(name)
    this.#initializers.push(
      message(
        ...shape.map((length) => intField(1, length)),
        intField(2, type),
        textField(8, name),
        bytesField(9, bytes),
      ),
    )
    return name
  }

  /** The file's bytes. Shapes are without the batch axis, which is symbolic. */
  encode(name: string, input: TensorInfo, outputs: readonly TensorInfo[]): Uint8Array {
    const graph = message(
      ...this.#nodes.map((node) => messageField(1, node)),
      textField(2, name),
      ...this.#initializers.map((tensor) => messageField(5, tensor)),
      messageField(11, valueInfo(input)),
      ...outputs.map((output) => messageField(12, valueInfo(output))),
    )
    const opset = message(textField(1, ''), intField(2, 17))
    return join(message(intField(1, 8), textField(2, 'etsef'), messageField(7, graph), messageField(8, opset)))
  }
}

/** Name and shape of a graph's input or output, float32. */
export interface TensorInfo {
  readonly name: string
  /** Without the batch axis. */
  readonly shape: readonly number[]
}

function attribute(name: string, value: OnnxAttribute): Encoded {
  if (typeof value === 'number') return message(textField(1, name), intField(3, value), intField(20, 2))
  if ('float' in value) return message(textField(1, name), floatField(2, value.float), intField(20, 1))
  return message(textField(1, name), ...value.map((item) => intField(8, item)), intField(20, 7))
}

function valueInfo({ name, shape }: TensorInfo): Encoded {
  const dims = [messageField(1, textField(2, 'batch')), ...shape.map((length) => messageField(1, intField(1, length)))]
  const tensor = message(intField(1, FLOAT), messageField(2, message(...dims)))
  return message(textField(1, name), messageField(2, messageField(1, tensor)))
}
