import { resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { PipelineRequest } from '../run/check-pipeline.js'
import { withDefaults } from './default-values.js'
import { exitCodes } from './exit-codes.js'
import { flagOf, flags, type FlagName, type Values } from './flags.js'
import { commonFlags, isVerb, verbs, type Verb, type VerbName } from './verbs.js'

/** The command line, parsed. */
export interface Arguments {
  readonly verb: VerbName
  readonly rest: readonly string[]
  readonly cwd: string
  readonly isJson: boolean
  readonly isQuiet: boolean
  readonly values: Values
}

/** A mistake on the command line. */
export class UsageError extends Error {}

/** A command line that is no call of a verb, and was answered: help, a version, completion, or what is wrong with it. */
export class Answered extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('the command line was answered')
    this.exitCode = exitCode
  }
}

/**
 * Parses the words after `etsef`.
 *
 * Words that fit their verb are parsed by Node's own parser. Everything else is the business of commander, which takes longer to load
 * than a small pipeline to check: help, completion, and what is wrong.
 *
 * @throws Answered when there is nothing to carry out.
 */
export async function parseArguments(argv: readonly string[], cwd: string): Promise<Arguments> {
  const words = withVerbFirst(argv)
  const parsed = parseFast(words, cwd) ?? (await parseWithProgram(words, cwd))
  const mistake = (message: string): Error => new UsageError(message)
  const values = withDefaults(parsed.values, verbs[parsed.verb].flags, { cwd, env: process.env, mistake })
  return { ...parsed, values }
}

function parserOptions(names: readonly FlagName[]): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    names.map((name) => {
      const { short, value, isRepeatable } = flagOf(name)
      const type = value === undefined ? 'boolean' : 'string'
      return [name, { type, multiple: isRepeatable ?? false, ...(short === undefined ? {} : { short }) }]
    }),
  )
}

/** Flags may stand before the verb, too. */
function withVerbFirst(argv: readonly string[]): readonly string[] {
  if (argv[0]?.startsWith('-') !== true) return argv
  // Every key of the table is a name of a flag.
  const options = parserOptions(Object.keys(flags) as FlagName[])
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const verb = tokens.find((token) => token.kind === 'positional')
  return verb ? [verb.value, ...argv.filter((_, index) => index !== verb.index)] : argv
}

function parseFast([name, ...args]: readonly string[], cwd: string): Arguments | undefined {
  if (name === undefined || !isVerb(name)) return undefined
  const verb: Verb = verbs[name]
  try {
    const options = parserOptions([...verb.flags, ...commonFlags])
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const most = verb.words.some((word) => word.isRepeatable) ? Infinity : verb.words.length
    if (positionals.length > most || positionals.length < verb.words.filter((word) => !word.isOptional).length)
      return undefined
    return argumentsOf(name, positionals, values, cwd)
  } catch {
    return undefined
  }
}

async function parseWithProgram(argv: readonly string[], cwd: string): Promise<Arguments> {
  const [{ CommanderError }, { createProgram }] = await Promise.all([import('commander'), import('./program.js')])
  let parsed: Arguments | undefined
  const program = createProgram((verb, words, values) => {
    parsed = argumentsOf(verb, words, values, cwd)
  })
  if (argv[0] === 'complete') (await import('@bomb.sh/tab/commander')).default(program)
  try {
    program.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) throw new Answered(thrown.exitCode === 0 ? exitCodes.ok : exitCodes.invalid)
    throw thrown
  }
  if (parsed) return parsed
  throw new Answered(exitCodes.ok)
}

function argumentsOf(
  verb: VerbName,
  rest: readonly string[],
  given: Readonly<Record<string, unknown>>,
  cwd: string,
): Arguments {
  // The types agree: the parser was set up from the same table of flags that they are derived from.
  const values = given as Values
  return { verb, rest, cwd, isJson: values.json ?? false, isQuiet: values.quiet ?? false, values }
}

/** What pipeline the words name. @throws UsageError when none is named. */
export function pipelineRequest(args: Arguments, file = args.rest[0]): PipelineRequest {
  if (file === undefined) throw new UsageError(`etsef ${args.verb} needs the path of a pipeline`)
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
    plugins: (values.plugin ?? []).map((dir) => resolve(args.cwd, dir)),
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
