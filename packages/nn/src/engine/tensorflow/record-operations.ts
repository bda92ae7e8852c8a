import type { Tensor } from '@tensorflow/tfjs-core'
import { createHash } from 'node:crypto'
import type { Computation, EngineKernels, Recorded, Tf } from '../engine.js'
import { nativeBackend, type NativeBackend } from './native-backend.js'
import { replayOperations, type NativeCall, type NativeProgram } from './replay-operations.js'

type Binding = NativeBackend['binding']

/** Records what TensorFlow.js asks of its native binding, and asks for the same again without TensorFlow.js. */
export function operationRecorder(tf: Tf): NonNullable<EngineKernels['record']> {
  return (computation) => record(tf, computation)
}

function record(tf: Tf, { feeds, variables, compute }: Computation): Recorded {
  const backend = nativeBackend(tf)
  const { binding } = backend
  const log = new CallLog(backend.getInputTensorIds([...feeds, ...variables]), feeds.length)
  const dataBefore = variables.map(({ dataId }) => dataId)
  backend.binding = overheard(binding, log)
  let results: readonly (Tensor | undefined)[]
  try {
    results = compute()
  } finally {
    backend.binding = binding
  }
  const moved = variables.filter(({ dataId }, i) => dataId !== dataBefore[i])
  const slotOf = (tensor: Tensor): number => log.slotOfResult(backend, tensor)
  const program: NativeProgram = {
    calls: log.calls,
    variables,
    results: results.map((result) => (result === undefined ? undefined : slotOf(result))),
    moved: moved.map((variable) => ({ variable, slot: slotOf(variable) })),
    numSlots: log.numSlots,
  }
  const left = [...program.results.filter((slot) => slot !== undefined), ...program.moved.map(({ slot }) => slot)]
  if (!log.isWhole(left)) return { results }
  return {
    results,
    recording: { fingerprint: fingerprintOf(program), replay: (feeds) => replayOperations(tf, program, feeds) },
  }
}

/** Calls as they are made; what cannot be made again in the same way spoils it. */
class CallLog {
  readonly calls: NativeCall[] = []
  numSlots: number
  private readonly slots: Map<number, number>
  private readonly numGiven: number
  private readonly numFeeds: number
  private isSpoilt: boolean

  /** @param given - Ids of the tensors that the computation starts from, `numFeeds` of what is fed and those of the variables. */
  constructor(given: readonly number[], numFeeds: number) {
    this.slots = new Map(given.map((id, slot) => [id, slot]))
    this.numGiven = given.length
    this.numFeeds = numFeeds
    this.numSlots = given.length
    // A tensor that is fed twice: the next time they may be two.
    this.isSpoilt = this.slots.size < given.length
  }

  run(
    name: string,
    attributes: Parameters<Binding['executeOp']>[1],
    inputs: readonly number[],
    outputs: number[],
  ): void {
    const slots = inputs.map((id) => this.slots.get(id))
    // A tensor from elsewhere may be another one the next time.
    if (slots.includes(undefined)) this.isSpoilt = true
    this.calls.push({
      ...{ kind: 'run', name, attributes, inputs: slots as number[] },
      outputs: outputs.map((id) => this.newSlot(id)),
    })
  }

  write(shape: readonly number[], dtype: number, values: unknown, id: number): void {
    if (!ArrayBuffer.isView(values)) this.isSpoilt = true
    this.calls.push({
      ...{ kind: 'write', shape: [...shape], dtype },
      values: structuredClone(values) as ArrayBufferView,
      output: this.newSlot(id),
    })
  }

  free(id: number): void {
    const slot = this.slots.get(id)
    this.slots.delete(id)
    if (slot === undefined || slot < this.numFeeds) this.isSpoilt = true
    // A variable that is written frees its old value itself.
    else if (slot >= this.numGiven) this.calls.push({ kind: 'free', slot })
  }

  /** A call whose outcome JavaScript may have acted upon. */
  spoil(): void {
    this.isSpoilt = true
  }

  slotOfResult(backend: NativeBackend, tensor: Tensor): number {
    const slot = this.slots.get(backend.getInputTensorIds([tensor])[0]!)
    if (slot === undefined || slot < this.numGiven) this.isSpoilt = true
    return slot ?? -1
  }

  /** Whether it can be made again, with `left` the slots that nobody has freed. */
  isWhole(left: readonly number[]): boolean {
    const alive = [...this.slots.values()].filter((slot) => slot >= this.numGiven)
    return !this.isSpoilt && new Set(left).size === left.length && alive.length === left.length
  }

  private newSlot(id: number): number {
    const slot = this.numSlots++
    this.slots.set(id, slot)
    return slot
  }
}

/** The binding, with its calls told to `log`. */
function overheard(binding: Binding, log: CallLog): Binding {
  const told: Pick<Binding, 'executeOp' | 'createTensor' | 'deleteTensor'> = {
    executeOp: (name, attributes, inputs, numOutputs) => {
      const outputs = binding.executeOp(name, attributes, inputs, numOutputs)
      log.run(name, attributes, inputs, outputs.map(({ id }) => id)) // prettier-ignore
      return outputs
    },
    createTensor: (shape, dtype, values) => {
      const id = binding.createTensor(shape, dtype, values)
      log.write(shape, dtype, values, id)
      return id
    },
    deleteTensor: (id) => {
      binding.deleteTensor(id)
      log.free(id)
    },
  }
  // A proxy of the binding itself could not answer with other functions than its own, which are fixed.
  return new Proxy({} as Binding, {
    get: (_, key) => {
      if (key in told) return told[key as keyof typeof told]
      const value: unknown = Reflect.get(binding, key)
      if (typeof value === 'function') log.spoil()
      return value
    },
  })
}

function fingerprintOf({ calls, results, moved }: NativeProgram): string {
  const hash = createHash('sha256')
  for (const call of calls) {
    hash.update(JSON.stringify(call.kind === 'write' ? { ...call, values: call.values.byteLength } : call))
    if (call.kind === 'write')
      hash.update(new Uint8Array(call.values.buffer, call.values.byteOffset, call.values.byteLength))
  }
  return hash.update(JSON.stringify([results, moved.map(({ slot }) => slot)])).digest('hex')
}
