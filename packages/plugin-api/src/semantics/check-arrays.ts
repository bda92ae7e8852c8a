import { PipelineError, type ErrorCode } from '../errors.js'

/**
 * Checks an array of numbers. Its type is told by the name of its constructor: `instanceof` fails for arrays of another realm, such as a
 * vm.
 */
export function numbers(
  value: unknown,
  name: string,
  type: 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array' | 'Uint16Array',
  length: number | undefined,
  what: string,
): void {
  const received = typeName(value)
  if (received !== type)
    throw refusal(`${what}:`, `"${name}" has the wrong type`, type, received, {
      hint: `${type}.from(…) makes one of any list of numbers`,
    })
  checkLength(value as { readonly length: number }, name, length, what)
}

/** Checks a list. */
export function list(value: unknown, name: string, length: number | undefined, what: string): void {
  if (!Array.isArray(value)) throw refusal(`${what}:`, `"${name}" has the wrong type`, 'a list', typeName(value))
  checkLength(value, name, length, what)
}

/** Checks a list of texts. */
export function texts(value: unknown, name: string, length: number | undefined, what: string): void {
  list(value, name, length, what)
  const odd = (value as readonly unknown[]).find((each) => typeof each !== 'string')
  if (odd !== undefined) throw refusal(what, `has an entry of "${name}" that is no text`, 'a string', typeName(odd))
}

/** Checks how long a list is. */
function checkLength(value: { readonly length: number }, name: string, length: number | undefined, what: string): void {
  if (length !== undefined && value.length !== length)
    throw refusal(`${what}:`, `"${name}" has the wrong length`, String(length), String(value.length))
}

/** A value for a message: a text as it is, anything else by its type. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeName(value)
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

/** An error about an output. */
export function refusal(
  what: string,
  problem: string,
  expected: string,
  received?: string,
  more: { readonly code?: ErrorCode; readonly hint?: string; readonly cause?: unknown } = {},
): PipelineError {
  const { code = 'ERR_BAD_DATA', hint, cause } = more
  return new PipelineError(code, { message: `${what} ${problem}`, expected, received, hint, cause })
}
