import { editorSchema } from '../graph/editor-schema.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import type { Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { InvalidPipeline } from '../errors.js'
import { writeResult, type Output } from './output.js'

/** `etsef schema [--out FILE]`: JSON Schema of pipelines, of every installed operation. */
export async function schema(args: Arguments, output: Output): Promise<number> {
  const registry = await loadRegistry(findProjectRoot(args.cwd))
  if (registry.problems.length > 0) throw new InvalidPipeline(registry.problems)
  const operations = registry.plugins.flatMap((plugin) => plugin.operations)
  const text = JSON.stringify(editorSchema(operations), null, 2)
  writeResult(text, args, output)
  return exitCodes.ok
}
