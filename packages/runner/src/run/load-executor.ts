import type { Executor, ExecutorSession, Json, JsonObject } from '@etsef/plugin-api'
import { checkOptions, type Schema } from '@etsef/plugin-api/semantics'
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { problem } from '../errors.js'
import type { Registry } from '../registry/load-registry.js'
import { inStore } from '../store/store-problem.js'
import { temporaryName } from '../store/temporary-name.js'
import { storeFolders } from '../store/store.js'
import type { EventListener } from './events.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { badExecutorOption, noExecutorExport, unknownExecutor } from './run-problems.js'
import { tasksDir } from './submitted-tasks.js'

/** An executor, and what was said of it. */
export interface ChosenExecutor {
  readonly executor: Executor
  /** Checked, with defaults filled in. */
  readonly options: JsonObject
}

/** Name of the executor that is the runner's own: stages run in processes of this machine. */
export const localExecutor = 'local'

/**
 * The executor of a name, with its options.
 *
 * @param options - `NAME=VALUE`, as on the command line.
 * @returns `undefined` for the runner's own.
 * @throws PipelineError `ERR_EXECUTOR` for a name that no package of the project brings, `ERR_BAD_OPTION` for options it does not have.
 */
export async function loadExecutor(
  registry: Pick<Registry, 'executors'>,
  name: string,
  options: readonly string[],
): Promise<ChosenExecutor | undefined> {
  if (name === localExecutor) {
    if (options.length > 0) throw problem('ERR_BAD_OPTION', { message: 'The executor "local" has no options' })
    return undefined
  }
  const provider = registry.executors.get(name)
  if (!provider) {
    throw unknownExecutor(name, [localExecutor, ...registry.executors.keys()])
  }
  const { default: executor } = (await import(pathToFileURL(provider.entry).href)) as { readonly default?: Executor }
  if (typeof executor?.open !== 'function') throw noExecutorExport(provider.packageName, name)
  return { executor, options: readOptions(executor, options) }
}

function readOptions(executor: Executor, texts: readonly string[]): JsonObject {
  const given: Record<string, Json> = {}
  for (const text of texts) {
    const [name, ...rest] = text.split('=')
    if (rest.length === 0)
      throw problem('ERR_BAD_OPTION', { message: `--executor-option needs NAME=VALUE, not "${text}"`, received: text })
    given[name!] = valueOf(rest.join('='))
  }
  const { value, issues } = checkOptions(executor.options as Schema, given)
  const [issue] = issues
  if (issue) throw badExecutorOption(executor.name, issue)
  // The schema of options is that of a map.
  return value as JsonObject
}

/** `4` becomes a number and `true` a switch, as in YAML; every other text stays a text. */
function valueOf(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** Opens an executor for a run. */
export function openExecutor(
  { executor, options }: ChosenExecutor,
  { storeDir, root }: KeyedPipeline,
  run: string,
  emit: EventListener | undefined,
): Promise<ExecutorSession> {
  return executor.open({
    storeDir,
    storeId: storeId(storeDir),
    run,
    root,
    options,
    dirOf: (other) => tasksDir(storeDir, other),
    notice: (message) => emit?.({ type: 'notice', message }),
  })
}

/** Name of a store. It is made once and kept in the store, so that machines that mount the folder at different paths agree on it. */
export function storeId(storeDir: string): string {
  const file = join(storeDir, 'store-id')
  const read = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8').trim()
    } catch {
      return undefined
    }
  }
  return (
    read() ??
    inStore(storeDir, () => {
      const temporary = join(storeDir, storeFolders.temporary, temporaryName())
      writeFileSync(temporary, `${randomUUID().slice(0, 8)}\n`)
      try {
        // Another process may have made the name at the same moment: the one that was linked first stays, and is read below.
        linkSync(temporary, file)
        rmSync(temporary)
      } catch {
        if (read() === undefined) renameSync(temporary, file)
        else rmSync(temporary, { force: true })
      }
      return read()!
    })
  )
}
