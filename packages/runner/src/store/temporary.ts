import { rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { isProcessAlive, processStart } from './processes.js'
import { storeFolders } from './store.js'

/** Removes folders that killed processes of this machine left half written. Those of other machines are theirs to sweep. */
export function sweepTemporary(storeDir: string): void {
  const dir = join(storeDir, storeFolders.temporary)
  for (const name of namesIn(dir)) {
    const [, pid, start, host] = /^(\d+)-(\d+)-\d+-(.*?)(?:-scratch)?$/.exec(name) ?? []
    if (host !== hostname()) continue
    // A process id comes round again: only with the same start is it the same process, where the system tells.
    const now = processStart(Number(pid))
    if (isProcessAlive(Number(pid)) && (now === '0' || now === start)) continue
    try {
      rmSync(join(dir, name), { recursive: true, force: true })
    } catch {
      // Of another user, who did not share it: in nobody's way, and theirs to sweep.
    }
  }
}
