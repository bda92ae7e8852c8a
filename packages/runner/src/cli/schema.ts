import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { editorSchema } from '../graph/editor-schema.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import type { Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { InvalidPipeline } from '../errors.js'
import type { Output } from './output.js'

/** `etsef schema [--out FILE]`: JSON Schema of pipelines, of every installed operation. */
export async function schema(args: Arguments, output: Output): Promise<number> {
  const registry = await loadRegistry(findProjectRoot(args.cwd))
  if (registry.problems.length > 0) throw new InvalidPipeline(registry.problems)
  const operations = registry.plugins.flatMap((plugin) => plugin.operations)
  const text = JSON.stringify(editorSchema(operations), null, 2)
  if (args.values.out === undefined) output.line(text)
  else {
    const path = resolve(args.cwd, args.values.out)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
    output.note(`wrote ${args.values.out}: ${operations.length} operations`)
  }
  return exitCodes.ok
}
