import { readdirSync, readFileSync } from 'node:fs'

/** What a process group takes: the worker, and what the operation started. */
export type MeasureMb = (groups: readonly number[]) => ReadonlyMap<number, number>

/** Watches what stages take of memory, and tells the one that is to end when it is too much. */
export interface MemoryWatch {
  /**
   * Watches a stage.
   *
   * @param group - Process group of its worker.
   * @param end - Called with what the stages take together, and this one alone, once that is more than the limit and this one takes the most.
   * @returns Ends the watch.
   */
  watch(group: number, end: (togetherMb: number, aloneMb: number) => void): () => void
}

/** Between two looks: a stage that allocates as fast as memory can be written gets past the limit by what it writes in that time. */
const intervalMs = 50

/** Megabytes that an idle worker takes. They are not counted as the stage's, because a stage's estimate does not include them. */
export const runtimeMb = 96

/**
 * A watch on what stages take, whatever was estimated.
 *
 * @param limitMb - What they may take together, the runtime of their workers not counted.
 */
export function createMemoryWatch(limitMb: number, measure: MeasureMb = measureGroups()): MemoryWatch {
  const watched = new Map<number, (togetherMb: number, aloneMb: number) => void>()
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    const taken = [...measure([...watched.keys()])].map(([group, mb]) => ({ group, mb: Math.max(0, mb - runtimeMb) }))
    const together = taken.reduce((total, { mb }) => total + mb, 0)
    if (together <= limitMb) return
    const { group, mb } = taken.reduce((most, each) => (each.mb > most.mb ? each : most))
    watched.get(group)?.(together, mb)
    watched.delete(group)
  }
  return {
    watch(group, end) {
      watched.set(group, end)
      timer ??= setInterval(look, intervalMs).unref()
      return () => {
        if (watched.get(group) === end) watched.delete(group)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** Looks for further processes of a group are this many measurements apart: each reads what the system says of every process. */
const looksPerSearch = 10

/** Measures resident memory by what Linux tells in `/proc`; on other systems there is nothing to measure. */
function measureGroups(): MeasureMb {
  const pageBytes = 4096
  const members = new Map<number, readonly number[]>()
  let numLooks = 0
  return (groups) => {
    if (numLooks++ % looksPerSearch === 0) {
      members.clear()
      for (const [pid, group] of groups.length > 0 ? processGroups() : []) {
        if (groups.includes(group)) members.set(group, [...(members.get(group) ?? []), pid])
      }
    }
    return new Map(
      groups.map((group) => [
        group,
        (members.get(group) ?? [group]).reduce((total, pid) => total + residentPages(pid), 0) * (pageBytes / 2 ** 20),
      ]),
    )
  }
}

function residentPages(pid: number): number {
  return Number(textOf(`/proc/${String(pid)}/statm`).split(' ')[1] ?? 0)
}

/** Every process with its group. */
function processGroups(): [pid: number, group: number][] {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  return names.flatMap((name): [number, number][] => {
    if (!/^\d+$/.test(name)) return []
    // The name of the program stands in parentheses and may hold anything; state, parent and group follow.
    const text = textOf(`/proc/${name}/stat`)
    const group = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[2])
    return Number.isInteger(group) ? [[Number(name), group]] : []
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
