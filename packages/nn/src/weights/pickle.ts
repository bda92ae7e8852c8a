import { badWeights } from '../errors.js'

/** What a pickle may hold here: plain data, and whatever the allowed constructors return. */
export type PickleValue =
  null | boolean | number | string | PickleObject | readonly PickleValue[] | ReadonlyMap<PickleValue, PickleValue>

/** Something a constructor made; opaque to the machine. */
export interface PickleObject {
  readonly kind: string
}

/** What the machine may call. Everything else is refused, so no code of the file ever runs. */
export interface PickleRules {
  /** A global by `module name`; undefined refuses it. */
  readonly global: (name: string) => PickleObject | undefined
  /** The result of calling an allowed global. */
  readonly reduce: (callable: PickleObject, args: readonly PickleValue[]) => PickleValue
  /** The object of a persistent id. */
  readonly persistent: (id: PickleValue) => PickleValue
}

type Slot = PickleValue | PickleValue[] | Map<PickleValue, PickleValue>

/**
 * Runs a pickle (protocols 2 to 4) as data: an own stack machine with an allow-list, no imports, no attribute access. `BUILD` (which
 * sets attributes) is accepted on maps and ignored.
 *
 * @throws PipelineError `ERR_WEIGHTS` that names the refused global or opcode.
 */
export function runPickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  return new PickleMachine(bytes, rules).run()
}

class PickleMachine {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #rules: PickleRules
  readonly #stack: Slot[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, Slot>()
  #at = 0

  constructor(bytes: Uint8Array, rules: PickleRules) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#rules = rules
  }

  run(): PickleValue {
    for (;;) {
      const opcode = String.fromCharCode(this.#take(1)[0]!)
      if (opcode === '.') return this.#pop()
      this.#step(opcode)
    }
  }

  #step(opcode: string): void {
    switch (opcode) {
      case '\x80': // PROTO
        this.#take(1)
        break
      case '\x95': // FRAME
        this.#take(8)
        break
      case '(':
        this.#marks.push(this.#stack.length)
        break
      case 'N':
        this.#push(null)
        break
      case '\x88':
        this.#push(true)
        break
      case '\x89':
        this.#push(false)
        break
      case 'J':
        this.#push(this.#view.getInt32(this.#skip(4), true))
        break
      case 'K':
        this.#push(this.#take(1)[0]!)
        break
      case 'M':
        this.#push(this.#view.getUint16(this.#skip(2), true))
        break
      case '\x8a':
        this.#push(this.#long(this.#take(this.#take(1)[0]!)))
        break
      case 'G':
        this.#push(this.#view.getFloat64(this.#skip(8), false))
        break
      case 'X':
        this.#push(this.#text(this.#view.getUint32(this.#skip(4), true)))
        break
      case '\x8c':
      case 'U':
        this.#push(this.#text(this.#take(1)[0]!))
        break
      case '}':
        this.#push(new Map())
        break
      case ']':
        this.#push([])
        break
      case ')':
        this.#push([])
        break
      case 't':
        this.#push(this.#popToMark())
        break
      case '\x85':
      case '\x86':
      case '\x87':
        this.#push(this.#popMany(opcode.charCodeAt(0) - 0x84))
        break
      case 'q':
        this.#store(this.#take(1)[0]!)
        break
      case 'r':
        this.#store(this.#view.getUint32(this.#skip(4), true))
        break
      case '\x94':
        this.#store(this.#memo.size)
        break
      case 'h':
        this.#recall(this.#take(1)[0]!)
        break
      case 'j':
        this.#recall(this.#view.getUint32(this.#skip(4), true))
        break
      case 'c':
        this.#global(this.#line(), this.#line())
        break
      case '\x93': {
        const [module, name] = this.#popMany(2)
        this.#global(asText(module), asText(name))
        break
      }
      case 'Q':
        this.#push(this.#rules.persistent(this.#pop()))
        break
      case 'R': {
        const [callable, args] = this.#popMany(2)
        if (!isObject(callable) || !Array.isArray(args))
          throw this.#refuse('a call of something that is not a constructor')
        this.#push(this.#rules.reduce(callable, args))
        break
      }
      case 'b':
        this.#pop()
        if (!(this.#top() instanceof Map)) throw this.#refuse('an object with state')
        break
      case 'a':
        this.#append([this.#pop()])
        break
      case 'e':
        this.#append(this.#popToMark())
        break
      case 's':
        this.#setItems(this.#popMany(2))
        break
      case 'u':
        this.#setItems(this.#popToMark())
        break
      default:
        throw this.#refuse(`opcode 0x${opcode.charCodeAt(0).toString(16)}`)
    }
  }

  #global(module: string, name: string): void {
    const value = this.#rules.global(`${module} ${name}`)
    if (value === undefined) throw this.#refuse(`${module}.${name}`)
    this.#push(value)
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.#refuse('an append to something that is no list')
    for (const item of items) list.push(item)
  }

  #setItems(items: readonly PickleValue[]): void {
    const map = this.#top()
    if (!(map instanceof Map) || items.length % 2 !== 0)
      throw this.#refuse('an item of something that is no dictionary')
    for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!)
  }

  #push(value: Slot): void {
    this.#stack.push(value)
  }

  #pop(): PickleValue {
    const value = this.#stack.pop()
    if (value === undefined) throw this.#refuse('an empty stack')
    return value
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#refuse('an empty stack')
    return this.#stack.splice(this.#stack.length - count)
  }

  #popToMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined || mark > this.#stack.length) throw this.#refuse('a missing mark')
    return this.#stack.splice(mark)
  }

  #top(): Slot {
    return this.#stack.at(-1) ?? null
  }

  #store(index: number): void {
    this.#memo.set(index, this.#top())
  }

  #recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw this.#refuse('an unknown memo')
    this.#push(value)
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  #skip(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw this.#refuse('an early end')
    return start
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length))
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at)
    if (end < 0) throw this.#refuse('an early end')
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end))
    this.#at = end + 1
    return text
  }

  /** A little-endian two's complement integer; values beyond 2^53 lose digits, which no shape or offset has. */
  #long(bytes: Uint8Array): number {
    let value = 0
    for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i]!
    return (bytes.at(-1) ?? 0) & 0x80 ? value - 2 ** (8 * bytes.length) : value
  }

  #refuse(what: string): Error {
    return badWeights(`the file's pickle holds ${what}, which is refused`, {
      expected: 'tensors and plain data only',
      hint: 'save the state dict alone: torch.save(model.state_dict(), path), or as safetensors',
    })
  }
}

function asText(value: PickleValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value !== null && 'kind' in value
}
