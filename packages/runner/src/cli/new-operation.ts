import { problem } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { importProvider } from '../registry/import-provider.js'
import { loadRegistry } from '../registry/load-registry.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './output.js'

/** A package that writes operations (`"generator"` in its `etsef` field). */
interface GeneratorProvider {
  /**
   * Writes an operation into a package that it has made. @returns Files and folders that were written.
   *
   * @throws Error when there is no such kind, or the package is none of its own.
   */
  addOperation(this: void, dir: string, kind: string, operation: string): readonly string[]
}

/** `etsef plugins new-operation NAME --kind KIND`: one operation more in the plugin package that this folder is of. */
export async function newOperation(args: Arguments, output: Output): Promise<number> {
  const { kind } = args.values
  const name = args.rest[1]
  if (name === undefined || kind === undefined) throw new UsageError('etsef plugins new-operation NAME --kind KIND')
  const dir = findProjectRoot(args.cwd)
  const { generator } = await loadRegistry(dir, [])
  if (!generator)
    throw problem('ERR_PLUGIN', {
      message: 'No package of the project writes operations',
      hint: 'npm install --save-dev etsef, or create-etsef-plugin',
    })
  const { addOperation } = await importProvider<GeneratorProvider>(generator, 'addOperation')
  let written: readonly string[]
  try {
    written = addOperation(dir, kind, name)
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown))
  }
  if (args.isJson) output.line(JSON.stringify({ written }))
  else output.line(`wrote ${written.join(', ')}; npm test checks it`)
  return exitCodes.ok
}
