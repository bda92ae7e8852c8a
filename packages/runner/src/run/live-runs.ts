import { lstatSync, lutimesSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isProcessAlive, ownStart, processStart } from '../store/processes.js'
import { storeFolders } from '../store/store.js'
import { temporaryName } from '../store/temporary-name.js'
import { isSubmitted } from './submitted-tasks.js'
import { readRunRecord, runDir, writeRecord, type RunRecord } from './run-record.js'

const holderFile = 'holder'
const renewMs = 5_000
/** A run of another machine that gave no sign for so long is over. Its process may be hashing a large file, and clocks differ. */
const silentMs = 15 * 60_000

/** A run that goes on. */
export interface RunLease {
  /** The run is over, whatever became of it. */
  release(): void
}

/** Makes the folder of a run, with its record and whose it is: from the moment it can be seen, nothing it needs may be collected. */
export function beginRun(storeDir: string, record: RunRecord): RunLease {
  const temporary = join(storeDir, storeFolders.temporary, temporaryName())
  const dir = runDir(storeDir, record.run)
  mkdirSync(temporary)
  // A link to nowhere, as the leases on keys are: made with its text in one step.
  symlinkSync(`${String(process.pid)}-${ownStart()}@${hostname()}`, join(temporary, holderFile))
  writeRecord(temporary, record)
  renameSync(temporary, dir)
  const timer = setInterval(() => {
    const now = new Date()
    try {
      lutimesSync(join(dir, holderFile), now, now)
    } catch {
      // Not written this time: the sign is given again soon, and a run counts as alive for much longer than that.
    }
  }, renewMs)
  timer.unref()
  return {
    release() {
      clearInterval(timer)
      try {
        rmSync(join(dir, holderFile), { force: true })
      } catch {
        // Its process will be found gone.
      }
    },
  }
}

/** Whose a run is. */
export interface Holder {
  readonly pid: number
  readonly start: string
  readonly host: string
  /** It is a process of this machine. */
  readonly isHere: boolean
}

/** The process that has a run, or `undefined` when the run is over. */
export function holderOf(storeDir: string, run: string): Holder | undefined {
  try {
    const link = readlinkSync(join(runDir(storeDir, run), holderFile))
    const [, pid, start, host] = /^(\d+)-(\d+)@(.*)$/.exec(link) ?? []
    if (pid === undefined || start === undefined || host === undefined) return undefined
    return { pid: Number(pid), start, host, isHere: host === hostname() }
  } catch {
    return undefined
  }
}

/** Whether a run goes on: its process is there, or gave a sign from another machine. */
export function isRunLive(storeDir: string, run: string): boolean {
  const holder = holderOf(storeDir, run)
  if (!holder) return false
  const { pid, start, isHere } = holder
  if (!isHere) return Date.now() - lastSign(join(runDir(storeDir, run), holderFile)) < silentMs
  const now = processStart(pid)
  // Systems reuse process ids, so the time at which the process began must match too. Where the system does not tell it, the id alone
  // decides.
  return isProcessAlive(pid) && (now === '0' || now === start)
}

function lastSign(file: string): number {
  try {
    return lstatSync(file).mtimeMs
  } catch {
    return 0
  }
}

/** The runs that go on, and the keys they need; looked at again whenever it is asked for. */
export interface LiveRuns {
  has(run: string): boolean
  needs(key: string): boolean
}

/** Watches a store for runs that go on. A run is looked at once: one that ends meanwhile counts as live. */
export function watchLiveRuns(storeDir: string): LiveRuns {
  const seen = new Set<string>()
  const live = new Set<string>()
  const keys = new Set<string>()
  const look = (): void => {
    for (const run of readdirSync(join(storeDir, storeFolders.runs))) {
      if (seen.has(run)) continue
      seen.add(run)
      // An executor may go on with a run whose coordinator is gone.
      if (!isRunLive(storeDir, run) && !isSubmitted(storeDir, run)) continue
      live.add(run)
      for (const { key } of Object.values(readRunRecord(storeDir, run)?.stages ?? {})) keys.add(key)
    }
  }
  return {
    has(run) {
      look()
      return live.has(run)
    },
    needs(key) {
      look()
      return keys.has(key)
    },
  }
}
