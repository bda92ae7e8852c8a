import { resolve } from 'node:path'
import { nearestName } from '@etsef/plugin-api/semantics'
import { findProjectRoot, readPackageJson } from '../registry/find-project.js'
import type { FlagName, Values } from './flags.js'

/** Flags that may be given once for all: they say how a machine is used, never what a run computes. */
export const defaultable = [
  'store',
  'jobs',
  'gpus',
  'memory',
  'executor',
  'retries',
  'on-error',
] as const satisfies readonly FlagName[]

/** One of {@link defaultable}. */
type Defaultable = (typeof defaultable)[number]

/** Variable of the environment that stands for a flag: `ETSEF_ON_ERROR` for `--on-error`. */
export function variableOf(flag: Defaultable): string {
  return `ETSEF_${flag.toUpperCase().replaceAll('-', '_')}`
}

/**
 * What a command line leaves open, filled in: by the environment, else by `"etsef": { "defaults": { … } }` of the project's package.json.
 *
 * @param flags - Flags of the verb.
 * @param mistake - Makes the error of a package.json that says what cannot be.
 */
export function withDefaults(
  given: Values,
  flags: readonly FlagName[],
  { cwd, env, mistake }: { cwd: string; env: NodeJS.ProcessEnv; mistake: (message: string) => Error },
): Values {
  const open = defaultable.filter((flag) => flags.includes(flag) && given[flag] === undefined)
  if (open.length === 0) return given
  const root = findProjectRoot(cwd)
  const project = projectDefaults(root, mistake)
  const found = open.flatMap((flag): (readonly [FlagName, string])[] => {
    const ofEnvironment = env[variableOf(flag)]
    if (ofEnvironment !== undefined && ofEnvironment !== '') return [[flag, ofEnvironment]]
    const value = project[flag]
    if (value === undefined) return []
    // A path of package.json is beside it, wherever the command is called.
    return [[flag, flag === 'store' ? resolve(root, value) : value]]
  })
  return { ...given, ...Object.fromEntries(found) }
}

function projectDefaults(
  root: string,
  mistake: (message: string) => Error,
): Readonly<Partial<Record<Defaultable, string>>> {
  const written = defaultsOf(root)
  if (written === undefined) return {}
  const where = 'package.json, "etsef.defaults"'
  if (typeof written !== 'object' || written === null || Array.isArray(written))
    throw mistake(`${where} is an object of flags, such as { "store": "results", "jobs": 4 }`)
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => {
      if (!defaultable.some((flag) => flag === name)) {
        const near = nearestName(name, defaultable)
        throw mistake(
          `${where}: "${name}" ${near === undefined ? `is none of ${defaultable.join(', ')}` : `is not known; did you mean "${near}"?`}`,
        )
      }
      if (typeof value !== 'string' && typeof value !== 'number')
        throw mistake(`${where}: "${name}" is a text or a number, not ${JSON.stringify(value)}`)
      return [name, String(value)]
    }),
  )
}

/** A package.json that is missing or damaged is told of by what needs it. */
function defaultsOf(root: string): unknown {
  try {
    return readPackageJson(root).etsef?.defaults
  } catch {
    return undefined
  }
}
