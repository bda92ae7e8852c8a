import type { Operation } from './define-operation.js'

/** Version of this contract that a plugin was written against. */
export const apiVersion = 1

/** A plugin: a namespace of operations. Its module imports no implementation. */
export interface Plugin {
  /** Namespace, e.g. `ensemble`; every operation's type starts with it. */
  readonly name: string
  readonly apiVersion: number
  readonly operations: readonly Operation[]
  /** Where operations went that once had a type in this namespace: a pipeline that still names one is told. */
  readonly moved?: Readonly<Record<string, MovedTo>>
}

/** Where an operation went. */
export interface MovedTo {
  /** What a pipeline writes now, e.g. `mljs/knn`. */
  readonly type: string
  /** The package that brings it. */
  readonly package: string
}

/**
 * Declares a plugin.
 *
 * @throws TypeError when an operation's type is not `<name>/<kebab-case>`, or is declared twice, or a type that is declared is said to have moved.
 */
export function definePlugin(plugin: Omit<Plugin, 'apiVersion'>): Plugin {
  const seen = new Set<string>()
  for (const { type } of plugin.operations) {
    if (!new RegExp(`^${plugin.name}/[a-z0-9]+(-[a-z0-9]+)*$`).test(type)) {
      throw new TypeError(`plugin "${plugin.name}": operation type "${type}" is not ${plugin.name}/<kebab-case>`)
    }
    if (seen.has(type)) throw new TypeError(`plugin "${plugin.name}": operation "${type}" is declared twice`)
    seen.add(type)
  }
  for (const type of Object.keys(plugin.moved ?? {})) {
    if (!type.startsWith(`${plugin.name}/`) || seen.has(type))
      throw new TypeError(`plugin "${plugin.name}": "${type}" cannot have moved: it is no former type of this plugin`)
  }
  return { ...plugin, apiVersion }
}
