/** Timers of ours that are pending: what waits for a process to rest is no work of it. */
let ownImmediates = 0
let ownTimeouts = 0

/** Kinds of resources that are open for as long as somebody may write to them, and say nothing about work under way. */
const standing: ReadonlySet<string> = new Set(['PipeWrap', 'TTYWrap', 'SignalWrap', 'CloseReq'])

/** What keeps this process awake, counted by kind: timers, requests, children. */
export type Activity = ReadonlyMap<string, number>

/** What keeps this process awake now. */
export function currentActivity(): Activity {
  const counts = new Map<string, number>([
    ['Immediate', -ownImmediates],
    ['Timeout', -ownTimeouts],
  ])
  for (const kind of process.getActiveResourcesInfo())
    if (!standing.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** Whether something is under way that was not before. */
export function isMore(now: Activity, before: Activity): boolean {
  return [...now].some(([kind, count]) => count > (before.get(kind) ?? 0))
}

/** What was under way both times: what has ended since is no part of how things were. */
export function leastOf(one: Activity, other: Activity): Activity {
  return new Map([...one].map(([kind, count]) => [kind, Math.min(count, other.get(kind) ?? 0)]))
}

/** The next turn of the event loop, or one some milliseconds away. */
export function nextTurn(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (delayMs === 0) {
      ownImmediates++
      setImmediate(() => {
        ownImmediates--
        resolve()
      })
    } else {
      ownTimeouts++
      setTimeout(() => {
        ownTimeouts--
        resolve()
      }, delayMs)
    }
  })
}
