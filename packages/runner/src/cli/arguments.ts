import { parseArgs } from 'node:util'
import type { PipelineRequest } from '../run/prepare.js'

/** The command line, parsed. */
export interface Arguments {
  readonly verb: string | undefined
  readonly rest: readonly string[]
  readonly cwd: string
  readonly isJson: boolean
  readonly isQuiet: boolean
  readonly values: Values
}

type Values = ReturnType<typeof parse>['values']

/** A mistake on the command line. */
export class UsageError extends Error {}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      set: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      store: { type: 'string' },
      jobs: { type: 'string', short: 'j' },
      gpus: { type: 'string' },
      memory: { type: 'string' },
      only: { type: 'string', multiple: true },
      to: { type: 'string', multiple: true },
      from: { type: 'string', multiple: true },
      seed: { type: 'string' },
      engine: { type: 'string' },
      profile: { type: 'string' },
      out: { type: 'string', short: 'o' },
      dir: { type: 'string' },
      log: { type: 'string' },
      'on-error': { type: 'string' },
      retries: { type: 'string' },
      timeout: { type: 'string' },
      paranoid: { type: 'boolean' },
      annotate: { type: 'boolean' },
      format: { type: 'string' },
      force: { type: 'boolean' },
      'keep-runs': { type: 'string' },
      'max-bytes': { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
  })
}

/** Parses the words after `etsef`. @throws UsageError for unknown flags. */
export function parseArguments(argv: readonly string[], cwd: string): Arguments {
  try {
    const { values, positionals } = parse(argv)
    const [verb, ...rest] = positionals
    return { verb, rest, cwd, isJson: values.json ?? false, isQuiet: values.quiet ?? false, values }
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

/** What pipeline the words name. @throws UsageError when none is named. */
export function pipelineRequest(args: Arguments, file = args.rest[0]): PipelineRequest {
  if (file === undefined) throw new UsageError(`etsef ${args.verb ?? ''} needs the path of a pipeline`)
  const { values } = args
  return {
    file,
    cwd: args.cwd,
    overrides: values.set ?? [],
    profile: values.profile,
    seed: values.seed === undefined ? undefined : seedValue(values.seed),
    engine: values.engine,
    storeDir: values.store,
    isParanoid: values.paranoid ?? false,
  }
}

function seedValue(text: string): string | number {
  return /^-?\d+$/.test(text) ? Number(text) : text
}

/** A whole number given as a flag. @throws UsageError */
export function wholeNumber(text: string | undefined, flag: string, minimum = 1): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < minimum)
    throw new UsageError(`--${flag} needs a whole number ≥ ${String(minimum)}, not "${text}"`)
  return value
}

/** Megabytes of `--memory 6000`, `6GB` or `6g`. */
export function megabytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)\s*(g|m)?b?$/i.exec(text)
  const value = Number(match?.[1]) * (match?.[2]?.toLowerCase() === 'g' ? 1024 : 1)
  if (!(value > 0)) throw new UsageError(`--memory needs megabytes, or 6g, not "${text}"`)
  return value
}

/** Names given several times or with commas. */
export function nameList(values: readonly string[] | undefined): readonly string[] | undefined {
  const names = values?.flatMap((value) => value.split(',')).filter(Boolean)
  return names && names.length > 0 ? names : undefined
}
