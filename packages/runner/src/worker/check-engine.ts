import { PipelineError, type EngineProvider } from '@etsef/plugin-api'
import { pathToFileURL } from 'node:url'
import type { StageSpec } from '../executor/protocol.js'

/**
 * Refuses to go on where this process would compute on another tensor engine than the key of the stage tells: one was installed or removed
 * since the run began, or this machine of a cluster has another. Its result would stand in the store under a name that is not its own.
 *
 * @throws PipelineError `ERR_ENGINE`
 */
export async function checkEngine({ keyedEngine }: Pick<StageSpec, 'keyedEngine'>): Promise<void> {
  if (keyedEngine === undefined) return
  const { default: provider } = (await import(pathToFileURL(keyedEngine.entry).href)) as {
    readonly default: EngineProvider
  }
  const { id } = await provider.probe()
  if (id === keyedEngine.id) return
  throw new PipelineError('ERR_ENGINE', {
    message: 'The tensor engine of this machine is not the one that the run was planned with',
    expected: keyedEngine.id,
    received: id,
    hint: 'run again, which plans with the engine that is there now; machines that share a store need the same one (etsef engine install)',
  })
}
