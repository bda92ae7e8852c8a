import type { EngineProbe, EngineProvider } from '@etsef/plugin-api'
import { pathToFileURL } from 'node:url'
import { problem } from '../errors.js'
import type { InstalledProvider } from '../registry/find-plugin-packages.js'
import type { Registry } from '../registry/load-registry.js'

/** The module of the package that brings engines. It imports no engine by itself. */
export async function importEngines(engines: InstalledProvider): Promise<EngineProvider> {
  const { default: provider } = (await import(pathToFileURL(engines.entry).href)) as {
    readonly default?: EngineProvider
  }
  if (typeof provider?.probe !== 'function')
    throw problem('ERR_PLUGIN', {
      message: `Package "${engines.packageName}" does not export engines`,
      expected: 'export default { probe, install, doctor }',
    })
  return provider
}

/**
 * The tensor engine this machine will compute on.
 *
 * @param wanted - Of the pipeline or the command line; `auto` or left out: the best there is.
 * @throws PipelineError `ERR_ENGINE` when no package brings engines.
 */
export async function probeEngine(registry: Registry, wanted: string | undefined): Promise<EngineProbe> {
  if (!registry.engines) {
    throw problem('ERR_ENGINE', {
      message: 'An operation computes on tensors, and no package of the project brings a tensor engine',
      hint: 'add @etsef/nn to the dependencies of package.json',
    })
  }
  const provider = await importEngines(registry.engines)
  // The provider honours the environment; the pipeline's wish is handed to it the same way.
  if (wanted !== undefined && wanted !== 'auto') process.env['ETSEF_ENGINE'] ??= wanted
  return provider.probe()
}
