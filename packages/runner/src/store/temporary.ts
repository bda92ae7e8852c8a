import { readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isProcessAlive, processStart } from './processes.js'
import { storeFolders } from './store.js'

let numNames = 0
let ownStart: string | undefined

/** Name for a folder that this process writes in. It says whose it is: machine, process, and when that process began. */
export function temporaryName(): string {
  ownStart ??= processStart(process.pid)
  return `${String(process.pid)}-${ownStart}-${String(numNames++)}-${hostname()}`
}

/** Removes folders that killed processes of this machine left half written. Those of other machines are theirs to sweep. */
export function sweepTemporary(storeDir: string): void {
  const dir = join(storeDir, storeFolders.temporary)
  for (const name of readdirSync(dir)) {
    const [, pid, start, host] = /^(\d+)-(\d+)-\d+-(.*?)(?:-scratch)?$/.exec(name) ?? []
    if (host !== hostname()) continue
    // A process id comes round again: only with the same start is it the same process.
    if (isProcessAlive(Number(pid)) && processStart(Number(pid)) === start) continue
    rmSync(join(dir, name), { recursive: true, force: true })
  }
}
