/** TFLite files that are made to use up time or memory, by name; every one is to be refused. */
export const hostileTflite: Readonly<Record<string, () => Uint8Array>> = {
  'claims.tflite': () => network({ numOperators: 0xffff_ffff, numWritten: 1 }),
  'same-vector.tflite': sameVector,
  'same-buffer.tflite': () => network({ numOperators: 5000, weightBytes: 1_000_000 }),
  'long-inputs.tflite': () => network({ numOperators: 100_000, numInputs: 1_000_000 }),
  'long-shape.tflite': () => network({ numOperators: 5000, numDimensions: 1_000_000 }),
  'long-name.tflite': () => network({ numOperators: 5000, nameBytes: 4_000_000 }),
  'many-layers.tflite': () => network({ numOperators: 200_000 }),
}

interface Network {
  /** As the vector of operators says. */
  readonly numOperators: number
  /** Operators that stand there; every one is the same table. */
  readonly numWritten?: number
  readonly numInputs?: number
  readonly numDimensions?: number
  readonly weightBytes?: number
  readonly nameBytes?: number
}

/** A network of one dense layer that stands in it again and again. */
function network(given: Network): Uint8Array {
  const { numOperators, numWritten = numOperators, numInputs = 2, numDimensions = 2 } = given
  const { weightBytes = 4, nameBytes = 4 } = given
  const file = new FlatFile(4096 + 4 * (numWritten + numInputs + numDimensions) + weightBytes + nameBytes)
  const model = file.table(5)
  file.point(0, model.at)
  const codes = file.vector(model.field(1), 1)
  const graphs = file.vector(model.field(2), 1)
  const buffers = file.vector(model.field(4), 1)
  const graph = file.table(4, graphs)
  const tensors = file.vector(graph.field(0), 1)
  const operators = file.vector(graph.field(3), numWritten, numOperators)
  const code = file.table(4, codes)
  const operator = file.table(2, operators)
  const tensor = file.table(4, tensors)
  const buffer = file.table(1, buffers)
  // Dense layers, of bytes.
  file.set(code.field(3), 9)
  file.set(tensor.field(1), 3)
  file.numbers(operator.field(1), new Int32Array(numInputs))
  file.numbers(
    tensor.field(0),
    Int32Array.from({ length: numDimensions }, (_, i) => (i === 0 ? weightBytes : 1)),
  )
  file.bytes(tensor.field(3), new Uint8Array(nameBytes).fill(120))
  file.bytes(buffer.field(0), new Uint8Array(weightBytes))
  return file.finish()
}

/** One vector of 2,000,000 tables that is the operators, their codes, the tensors and the buffers. */
function sameVector(): Uint8Array {
  const file = new FlatFile(4096 + 8_000_000)
  const model = file.table(5)
  file.point(0, model.at)
  const graphs = file.vector(model.field(2), 1)
  const graph = file.table(5, graphs)
  const vector = file.vector(model.field(1), 2_000_000)
  for (const field of [model.field(4), graph.field(0), graph.field(3)]) file.point(field, vector.at)
  file.table(1, vector)
  return file.finish()
}

interface Vector {
  readonly at: number
  readonly length: number
}

interface FlatFileTable {
  readonly at: number
  /** Where the field stands, 4 bytes each. */
  readonly field: (index: number) => number
}

/** Writes a FlatBuffers file from its start to its end: what is pointed to comes later. */
class FlatFile {
  readonly #view: DataView
  #end = 8

  constructor(size: number) {
    this.#view = new DataView(new ArrayBuffer(size))
    new Uint8Array(this.#view.buffer).set(new TextEncoder().encode('TFL3'), 4)
  }

  /** @param vector - Every entry of it is this table. */
  table(numFields: number, vector?: Vector): FlatFileTable {
    const vtable = this.#take(4 + 2 * numFields)
    const at = this.#take(4 + 4 * numFields)
    this.#view.setUint16(vtable, 4 + 2 * numFields, true)
    this.#view.setUint16(vtable + 2, 4 + 4 * numFields, true)
    this.#view.setInt32(at, at - vtable, true)
    if (vector) for (let i = 0; i < vector.length; i++) this.point(vector.at + 4 + 4 * i, at)
    return {
      at,
      field: (index) => {
        this.#view.setUint16(vtable + 4 + 2 * index, 4 + 4 * index, true)
        return at + 4 + 4 * index
      },
    }
  }

  set(at: number, value: number): void {
    this.#view.setInt32(at, value, true)
  }

  point(from: number, to: number): void {
    this.#view.setUint32(from, to - from, true)
  }

  /** A vector of tables that are written later. @param claimed - The length that it says it has. */
  vector(from: number, length: number, claimed = length): Vector {
    return { at: this.#header(from, claimed, 4 * length), length }
  }

  numbers(from: number, values: Int32Array): void {
    const at = this.#header(from, values.length, 4 * values.length)
    values.forEach((value, i) => {
      this.set(at + 4 + 4 * i, value)
    })
  }

  bytes(from: number, values: Uint8Array): void {
    const at = this.#header(from, values.length, values.length)
    new Uint8Array(this.#view.buffer).set(values, at + 4)
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.#end)
  }

  #header(from: number, length: number, size: number): number {
    const at = this.#take(4 + size)
    this.point(from, at)
    this.#view.setUint32(at, length, true)
    return at
  }

  #take(size: number): number {
    const at = this.#end
    this.#end += size
    return at
  }
}
