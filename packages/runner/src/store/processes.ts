import { readFileSync } from 'node:fs'

/** Whether a process of this machine is alive. A zombie, which has ended and waits for its parent to read its exit status, is not. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const [state] = statOf(pid)
  return state !== 'Z' && state !== 'X'
}

/** When a process began, in clock ticks since boot; `0` where the system does not tell. */
export function processStart(pid: number): string {
  return statOf(pid)[19] ?? '0'
}

let started: string | undefined

/** When this process began. */
export function ownStart(): string {
  started ??= processStart(process.pid)
  return started
}

/** Fields of `/proc/<pid>/stat` from the state on; none on systems without it. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    // The field before is the program's name, in brackets, and may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
