import { hostname, availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'
import { runTask } from '../executor/run-task.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { loadExecutor, storeId } from '../run/load-executor.js'
import { gpuDevices } from '../run/resource-budget.js'
import { storeDirOf } from '../run/store-dir.js'
import { openKeyLocks } from '../store/key-lock.js'
import { openStore, storeFolders } from '../store/store.js'
import { wholeNumber, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import type { Output } from './output.js'

const stopGraceMs = 2000
const defaultExecutor = 'bullmq'

/** `etsef worker`: takes tasks of a queue until it is interrupted. Stages run in processes of their own, so that this one always answers. */
export async function worker(args: Arguments, output: Output): Promise<number> {
  const { values, cwd } = args
  const root = findProjectRoot(cwd)
  const name = values.executor ?? defaultExecutor
  const given = [...(values['executor-option'] ?? []), ...(values.redis === undefined ? [] : [`redis=${values.redis}`])]
  const chosen = await loadExecutor(await loadRegistry(root, []), name, given)
  const work = chosen?.executor.work?.bind(chosen.executor)
  if (!chosen || !work)
    throw problem('ERR_EXECUTOR', {
      message: `The executor "${name}" has no workers that are started by hand`,
      hint: 'its engine starts them, or the run itself does',
    })
  const store = openStore(storeDirOf(root, cwd, values.store && resolve(cwd, values.store)))
  const slots = wholeNumber(values.jobs, 'jobs') ?? availableParallelism()
  const gpus = gpuDevices(wholeNumber(values.gpus, 'gpus', 0) ?? 0, process.env['CUDA_VISIBLE_DEVICES'])
  const logDir = join(store.dir, storeFolders.logs, `worker-${hostname()}-${String(process.pid)}`)
  ensureFolder(logDir)
  const pool = createWorkerPool({ size: slots + gpus.length, logDir, cwd: root })
  const locks = openKeyLocks(store.dir)
  const signal = listenForInterrupts()
  signal.addEventListener('abort', () => void pool.stop(stopGraceMs), { once: true })
  try {
    await work({
      storeDir: store.dir,
      storeId: storeId(store.dir),
      options: chosen.options,
      slots,
      gpus,
      signal,
      notice: (message) => {
        output.note(message)
      },
      run: (file, options) => runTask(file, { storeDir: store.dir, pool, locks }, options),
    })
  } finally {
    await pool.stop(stopGraceMs)
    locks.close()
  }
  return signal.aborted ? exitCodes.interrupted : exitCodes.ok
}
