import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkPackage } from '../registry/check-package.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './output.js'

/** `etsef plugins check [FOLDER]`: everything that keeps a package of operations from being published, a line each. */
export async function checkPluginPackage(args: Arguments, output: Output): Promise<number> {
  const dir = resolve(args.cwd, args.rest[1] ?? '.')
  if (!existsSync(join(dir, 'package.json'))) throw new UsageError(`${dir} has no package.json`)
  const checked = await checkPackage(realpathSync(dir))
  const { name, version, operations, digest, problems } = checked
  if (args.isJson) output.line(JSON.stringify(checked))
  else {
    for (const { step, place, message } of problems)
      output.line(`${place.file}:${String(place.line)}:${String(place.column)}  ${step}: ${message}`)
    if (problems.length === 0)
      output.line(
        `${name}@${version}: ${operations.join(', ')}; code ${digest?.slice(0, 12) ?? ''}; ready to be published`,
      )
  }
  return problems.length === 0 ? exitCodes.ok : exitCodes.invalid
}
