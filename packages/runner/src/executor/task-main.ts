// Program of a task on a machine of an engine: `node task-main.js STORE FILE`.
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { openKeyLocks } from '../store/key-lock.js'
import { storeFolders } from '../store/store.js'
import { runTask } from './run-task.js'
import { readTask } from './task-file.js'
import { createWorkerPool } from './worker-pool.js'

const stopGraceMs = 2000

const [storeDir, file] = process.argv.slice(2) as [string, string]
const { run, root } = readTask(join(storeDir, file))
const logDir = join(storeDir, storeFolders.logs, run)
ensureFolder(logDir)
const pool = createWorkerPool({ size: 1, logDir, cwd: root })
const locks = openKeyLocks(storeDir)
const cancelled = new AbortController()
const endsSoon = new AbortController()
const stop = (controller: AbortController) => () => {
  controller.abort()
  void pool.stop(stopGraceMs)
}
process.on('SIGTERM', stop(cancelled))
process.on('SIGINT', stop(cancelled))
// What an engine sends some time before it ends a task: training goes on from its last checkpoint.
process.on('SIGUSR1', stop(endsSoon))
const code = await runTask(file, { storeDir, pool, locks }, { signal: cancelled.signal, endsSoon: endsSoon.signal })
await pool.stop(stopGraceMs)
locks.close()
process.exit(code)
