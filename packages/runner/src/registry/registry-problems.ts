import { apiVersion, type PipelineError, type Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'

/** The package.json of the project is not there, or is no JSON. */
export function unreadableProject(reason: string): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `The project's package.json cannot be read: ${reason}`,
    place: { file: 'package.json', line: 1, column: 1 },
  })
}

/** A folder that was named as a plugin has a package.json that says nothing of one. */
export function notAPlugin(dir: string, place: Place): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `${dir} is no plugin package`,
    place,
    expected: `"etsef": { "api": ${String(apiVersion)}, "plugin": "./dist/plugin.js" } in its package.json`,
  })
}

/** A package was written for a runner of another version of the contract. */
export function otherContractVersion(name: string, spoken: unknown, place: Place): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Package "${name}" is written against version ${JSON.stringify(spoken)} of the plugin contract`,
    place,
    expected: `"api": ${String(apiVersion)}`,
    hint: `install a version of ${name} for this runner`,
  })
}

/** Two copies of the contract would meet. */
interface ContractCopies {
  readonly name: string
  /** What it stands on, where that is what brings the copy. */
  readonly through: string | undefined
  readonly contract: string
  /** The runner's and the other one, described by version and folder. */
  readonly own: string
  readonly other: string
  /** The package is a folder outside node_modules, and the copy may be what its author has installed there. */
  readonly isLinked: boolean
  readonly place: Place
}

/** A package, or one that it stands on, has installed a second copy of the contract. */
export function otherContractCopy(copies: ContractCopies): PipelineError {
  const { name, through, contract, own, other, isLinked, place } = copies
  const brings = through === undefined ? '' : `"${through}", which stands on `
  return problem('ERR_PLUGIN', {
    message: `Package "${name}" stands on ${brings}another copy of ${contract} than the runner, so neither knows the other's errors`,
    place,
    expected: `one copy: ${own}`,
    received: other,
    hint:
      isLinked && through === undefined
        ? `install what npm pack makes of ${name} instead of its folder, or make the folder a workspace of the project`
        : `make ${contract} a peer dependency of ${through ?? name}, then run npm dedupe; npm ls ${contract} shows who asks for what`,
  })
}

/** Several packages bring operations of one namespace: `data/…` must come from one. */
export function sharedNamespace(namespace: string, packages: readonly string[], place: Place): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Operations "${namespace}/…" come from ${String(packages.length)} packages: ${packages.join(', ')}`,
    place,
    hint: 'remove all but one of them from package.json',
  })
}

/** A plugin cannot be loaded, or does not keep the contract. */
export function unusablePlugin(name: string, reason: string, place: Place): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Plugin package "${name}" cannot be used: ${reason}`,
    place,
    hint: 'mend, build or install the package again, or take it out of package.json',
  })
}
