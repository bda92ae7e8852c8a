import type { Operation } from './define-operation.js'

/** Version of this contract that a plugin was written against. */
export const apiVersion = 1

/** A plugin: a namespace of operations. Its module imports no implementation. */
export interface Plugin {
  /** Namespace, e.g. `ensemble`; every operation's type starts with it. */
  readonly name: string
  readonly apiVersion: number
  readonly operations: readonly Operation[]
}

/**
 * Declares a plugin.
 *
 * @throws TypeError when an operation's type is not `<name>/<kebab-case>`, or is declared twice.
 */
export function definePlugin(plugin: { readonly name: string; readonly operations: readonly Operation[] }): Plugin {
  const seen = new Set<string>()
  for (const { type } of plugin.operations) {
    if (!new RegExp(`^${plugin.name}/[a-z0-9]+(-[a-z0-9]+)*$`).test(type)) {
      throw new TypeError(`plugin "${plugin.name}": operation type "${type}" is not ${plugin.name}/<kebab-case>`)
    }
    if (seen.has(type)) throw new TypeError(`plugin "${plugin.name}": operation "${type}" is declared twice`)
    seen.add(type)
  }
  return { ...plugin, apiVersion }
}
