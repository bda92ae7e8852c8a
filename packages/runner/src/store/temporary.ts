import { rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { isProcessAlive, processStart } from './processes.js'
import { storeFolders } from './store.js'

/** Removes folders that killed processes of this machine left half written. Those of other machines are left to them: from here it cannot be seen whether their processes are alive. */
export function sweepTemporary(storeDir: string): void {
  const dir = join(storeDir, storeFolders.temporary)
  for (const name of namesIn(dir)) {
    const [, pid, start, host] = /^(\d+)-(\d+)-\d+-(.*?)(?:-scratch)?$/.exec(name) ?? []
    if (host !== hostname()) continue
    // Systems reuse process ids: it is the same process only if it also began at the same time, where the system tells that.
    const now = processStart(Number(pid))
    if (isProcessAlive(Number(pid)) && (now === '0' || now === start)) continue
    try {
      rmSync(join(dir, name), { recursive: true, force: true })
    } catch {
      // The folder of another user, without the right to remove it. It disturbs nothing, and that user's next run removes it.
    }
  }
}
