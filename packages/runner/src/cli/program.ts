import { Argument, Command, Option } from 'commander'
import { runnerVersion } from '../run/runner-version.js'
import { flagOf, type FlagName } from './flags.js'
import { commonFlags, verbs, type Verb, type VerbName, type Word } from './verbs.js'

/** What is done with the words of a verb and what its flags say. */
export type Act = (verb: VerbName, words: readonly string[], values: Readonly<Record<string, unknown>>) => void

const exitCodesText =
  '\nexit codes: 0 ok, 1 a node failed, 2 the pipeline or command line is invalid, 70 a mistake of etsef itself, 130 interrupted, 143 terminated'

/**
 * The command line as a program: help of every verb, completion, and what is wrong with words that do not fit.
 *
 * It throws commander's `CommanderError` instead of ending the process.
 */
export function createProgram(act: Act): Command {
  const program = new Command('etsef')
    .description('Pipelines of plugins as YAML: checked, planned, run, cached and compared.')
    .version(runnerVersion, '--version', 'prints the version')
    .helpOption('-h, --help', 'prints this')
    .helpCommand('help [verb]', 'prints what a verb does and its flags')
    .showHelpAfterError('Run "etsef --help" for the verbs, "etsef VERB --help" for the flags of one.')
    .showSuggestionAfterError()
    .addHelpText('after', exitCodesText)
    .exitOverride()
  // Every key of the table is a name of a verb.
  for (const name of Object.keys(verbs) as VerbName[]) addVerb(program, name, verbs[name], act)
  return program
}

function addVerb(program: Command, name: VerbName, verb: Verb, act: Act): void {
  const command = program.command(name).description(verb.summary)
  for (const word of verb.words) command.addArgument(argumentOf(word))
  const names = [...verb.flags, ...commonFlags]
  const options = names.map((flag): [FlagName, Option] => [flag, optionOf(flag)])
  for (const [, option] of options) command.addOption(option)
  command.action(() => {
    const given = command.opts<Record<string, unknown>>()
    act(name, command.args, Object.fromEntries(options.map(([flag, option]) => [flag, given[option.attributeName()]])))
  })
}

function argumentOf({ name, isOptional, isRepeatable, choices }: Word): Argument {
  const text = `${name}${isRepeatable ? '...' : ''}`
  const argument = new Argument(isOptional ? `[${text}]` : `<${text}>`)
  return choices ? argument.choices([...choices]) : argument
}

function optionOf(name: FlagName): Option {
  const { short, value, isRepeatable, choices, summary } = flagOf(name)
  const option = new Option(
    `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`,
    summary,
  )
  if (choices) option.choices([...choices])
  if (isRepeatable) option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text])
  return option
}
