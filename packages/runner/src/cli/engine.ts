import { importEngines } from '../run/engine.js'
import { problem } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import type { Output } from './output.js'

/** `etsef engine install [--force]`: gets the best tensor engine this machine can have; does nothing when it is there. */
export async function engine(args: Arguments, output: Output): Promise<number> {
  const [action] = args.rest
  if (action !== 'install' && action !== 'probe')
    throw new UsageError('etsef engine install [--force], or etsef engine probe')
  const registry = await loadRegistry(findProjectRoot(args.cwd))
  if (!registry.engines)
    throw problem('ERR_ENGINE', {
      message: 'No package of the project brings tensor engines',
      hint: 'add @etsef/nn to the dependencies of package.json',
    })
  const provider = await importEngines(registry.engines)
  const probe =
    action === 'probe'
      ? await provider.probe()
      : await provider.install({
          log: (line) => {
            output.note(line)
          },
          force: args.values.force ?? false,
        })
  output.line(args.isJson ? JSON.stringify(probe) : `${probe.name}: ${probe.summary} (${probe.id})`)
  return exitCodes.ok
}
