import type { Operation, Plugin } from '@etsef/plugin-api'

/** An operation of a plugin, by type. */
export function operationOf(plugin: Plugin, type: string): Operation {
  const operation = plugin.operations.find((candidate) => candidate.type === type)
  if (!operation) throw new Error(`${plugin.name} has no operation ${type}`)
  return operation
}
