import type { EngineProbe, EngineProvider } from '@etsef/plugin-api'
import { pathToFileURL } from 'node:url'
import type { InstalledProvider } from '../registry/find-plugin-packages.js'
import type { Registry } from '../registry/load-registry.js'
import { noEngine, noEngineExport } from './run-problems.js'

/** The module of the package that brings engines. It imports no engine by itself. */
export async function importEngines(engines: InstalledProvider): Promise<EngineProvider> {
  const { default: provider } = (await import(pathToFileURL(engines.entry).href)) as {
    readonly default?: EngineProvider
  }
  if (typeof provider?.probe !== 'function') throw noEngineExport(engines.packageName)
  return provider
}

/**
 * The tensor engine this machine will compute on.
 *
 * @param wanted - Of the pipeline or the command line; `auto` or left out: the best there is.
 * @throws PipelineError `ERR_ENGINE` when no package brings engines.
 */
export async function probeEngine(registry: Registry, wanted: string | undefined): Promise<EngineProbe> {
  if (!registry.engines) throw noEngine()
  const provider = await importEngines(registry.engines)
  // The provider reads ETSEF_ENGINE. The pipeline's choice is put there too, unless the user has set it: the environment wins.
  if (wanted !== undefined && wanted !== 'auto') process.env['ETSEF_ENGINE'] ??= wanted
  return provider.probe()
}
