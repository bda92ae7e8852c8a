import type { Registry } from '../registry/load-registry.js'
import { loadExecutor, localExecutor, type ChosenExecutor } from '../run/load-executor.js'
import type { RunOptions } from '../run/run-pipeline.js'
import { defaultRetries } from '../run/schedule.js'
import { megabytes, UsageError, wholeNumber, type Arguments } from './arguments.js'

/** What a command line says of a run beside what is run: how much of the machine is used, how long a stage may take, how often it is tried again. */
export function machineOptions({
  values,
}: Arguments): Pick<RunOptions, 'jobs' | 'gpus' | 'memoryMb' | 'retries' | 'timeoutMs' | 'tag'> {
  const retries = wholeNumber(values.retries, 'retries', 0)
  const timeout = values.timeout === undefined ? undefined : Number(values.timeout)
  if (timeout !== undefined && !(timeout > 0))
    throw new UsageError(`--timeout needs seconds, not "${values.timeout ?? ''}"`)
  return {
    tag: values.tag,
    jobs: wholeNumber(values.jobs, 'jobs'),
    gpus: wholeNumber(values.gpus, 'gpus', 0),
    memoryMb: megabytes(values.memory),
    retries: retries === undefined ? defaultRetries : { lost: retries, infra: retries, oom: retries, timeout: retries },
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
  }
}

/** The executor that a command line chooses; `undefined` for this machine. */
export async function executorOption({ values }: Arguments, registry: Registry): Promise<ChosenExecutor | undefined> {
  const options = values['executor-option'] ?? []
  if (values.executor === undefined && options.length > 0)
    throw new UsageError('--executor-option says something of an --executor, and none is named')
  return loadExecutor(registry, values.executor ?? localExecutor, options)
}
