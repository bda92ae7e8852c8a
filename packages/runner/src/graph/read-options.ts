import type { JsonObject, Operation, PipelineError } from '@etsef/plugin-api'
import { checkOptions, type Schema } from '@etsef/plugin-api/semantics'
import { yamlLimits } from '../pipeline/limits.js'
import { findAt, isBroken, toPlain, type LocatedMap } from '../pipeline/located.js'
import { overrideFile } from '../pipeline/overrides.js'
import type { NodeDeclaration } from '../pipeline/read-pipeline.js'
import { optionProblem } from './option-problem.js'

/** The options of a node, checked against the operation's schema, with defaults. */
export function readOptions(
  node: NodeDeclaration,
  operation: Operation,
  problems: PipelineError[],
  notices: string[],
): JsonObject {
  const options = node.isUseOverridden ? dropForeignOptions(node, operation, notices) : node.options
  const checked = checkOptions(operation.options as Schema, toPlain(options))
  for (const issue of checked.issues.slice(0, yamlLimits.problems)) {
    if (!isBroken(findAt(options, issue.path).value)) problems.push(optionProblem(node, options, issue))
  }
  return checked.value as JsonObject
}

/** When the command line swaps the operation, options that only the written one knows are left out, and said so. */
function dropForeignOptions(node: NodeDeclaration, operation: Operation, notices: string[]): LocatedMap {
  const properties = (operation.options as Schema)['properties'] as Schema | undefined
  const entries = [...node.options.entries].filter(([key, entry]) => {
    const isKnown = entry.place.file === overrideFile || (properties !== undefined && Object.hasOwn(properties, key))
    if (!isKnown) notices.push(`node "${node.id}": option "${key}" is left out, ${operation.type} has no such option`)
    return isKnown
  })
  return { ...node.options, entries: new Map(entries) }
}
