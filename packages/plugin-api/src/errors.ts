/** Every code an etsef error can carry; `docs/errors.md` explains each. Codes never change meaning once published. */
export const errorCodes = [
  'ERR_BAD_DATA',
  'ERR_BAD_OPTION',
  'ERR_BAD_OVERRIDE',
  'ERR_BAD_REFERENCE',
  'ERR_BUNDLE',
  'ERR_CANCELLED',
  'ERR_CHANGED_CODE',
  'ERR_CHANGED_FILE',
  'ERR_CLASS_LIST',
  'ERR_CORRUPT_ARTIFACT',
  'ERR_CYCLE',
  'ERR_DIVERGED',
  'ERR_DUPLICATE_ID',
  'ERR_DUPLICATE_KEY',
  'ERR_ENGINE',
  'ERR_EXECUTOR',
  'ERR_EXTENDS',
  'ERR_IMPOSSIBLE_SPLIT',
  'ERR_LEAKAGE',
  'ERR_LIBRARY',
  'ERR_LOST',
  'ERR_MISSING_FILE',
  'ERR_MISSING_ID',
  'ERR_MISSING_INPUT',
  'ERR_MISSING_OPTION',
  'ERR_MODEL_KIND',
  'ERR_NODE_FAILED',
  'ERR_NOT_ADDITIVE',
  'ERR_NOT_FINITE',
  'ERR_NOT_LEARNING',
  'ERR_NOT_REPLAYABLE',
  'ERR_OUTSIDE_ROOT',
  'ERR_OUT_OF_MEMORY',
  'ERR_PLUGIN',
  'ERR_PORT_KIND',
  'ERR_SHAPE_MISMATCH',
  'ERR_STORE',
  'ERR_SWEEP',
  'ERR_TIMEOUT',
  'ERR_TOO_FEW_ROWS',
  'ERR_TOO_LARGE',
  'ERR_UNKNOWN_KEY',
  'ERR_UNKNOWN_NODE',
  'ERR_UNKNOWN_OPERATION',
  'ERR_UNKNOWN_PART',
  'ERR_UNKNOWN_PORT',
  'ERR_UNKNOWN_VARIABLE',
  'ERR_UNSAFE_YAML',
  'ERR_WEIGHTS',
  'ERR_WRONG_TYPE',
  'ERR_YAML_SYNTAX',
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

/** A place in a text file. Line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What an error says beside its message. */
export interface ErrorDetails {
  readonly message: string
  readonly place?: Place | undefined
  readonly node?: string | undefined
  readonly port?: string | undefined
  /** Path of the option inside `with`, e.g. `components` or `operations/0`. */
  readonly option?: string | undefined
  readonly expected?: string | undefined
  readonly received?: string | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/**
 * The one error of etsef: what happened and where, what was expected against what came, what to do next.
 * Programs branch on `code`; people read the rest.
 */
export class PipelineError extends Error {
  readonly code: ErrorCode
  readonly place: Place | undefined
  readonly node: string | undefined
  readonly port: string | undefined
  readonly option: string | undefined
  readonly expected: string | undefined
  readonly received: string | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'PipelineError'
    this.code = code
    this.place = details.place
    this.node = details.node
    this.port = details.port
    this.option = details.option
    this.expected = details.expected
    this.received = details.received
    this.hint = details.hint
  }

  /** The fields that say something, as plain data (for `--json`, logs and process boundaries). */
  toJSON(): Record<string, unknown> {
    const { code, message, place, node, port, option, expected, received, hint } = this
    const fields = { code, message, place, node, port, option, expected, received, hint }
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  }
}

/** The same error with more known about where it happened; what it already says stays. */
export function locate(error: PipelineError, where: Pick<ErrorDetails, 'place' | 'node' | 'port'>): PipelineError {
  const { message, option, expected, received, hint, cause } = error
  return new PipelineError(error.code, {
    message,
    option,
    expected,
    received,
    hint,
    cause,
    place: error.place ?? where.place,
    node: error.node ?? where.node,
    port: error.port ?? where.port,
  })
}

/** Text of an error for a terminal: code and place, message, then expected, received and hint, each on its line. */
export function formatError(error: PipelineError): string {
  const where = error.place ? `  ${error.place.file}:${error.place.line}:${error.place.column}` : ''
  const lines = [`${error.code}${where}`, error.message]
  if (error.expected !== undefined) lines.push(`  expected  ${error.expected}`)
  if (error.received !== undefined) lines.push(`  received  ${error.received}`)
  if (error.hint !== undefined) lines.push(`  hint      ${error.hint}`)
  return lines.join('\n')
}

/** Whether an error speaks the contract: a plugin may bring its own copy of it. */
export function isPipelineError(error: Error): error is PipelineError {
  return error instanceof PipelineError || (error.name === 'PipelineError' && 'code' in error && 'toJSON' in error)
}
