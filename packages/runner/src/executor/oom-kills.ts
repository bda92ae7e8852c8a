import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How many processes the kernel has ended for want of memory so far: of this process's control group where there is one, else of the
 * machine. `undefined` on systems that do not tell.
 *
 * A kill by the kernel is a plain SIGKILL; this count, before and after, is what tells it from any other.
 *
 * @param root - Where `/proc` and `/sys` are; another for tests.
 */
export function countOomKills(root = '/'): number | undefined {
  for (const file of [...groupFiles(root), 'proc/vmstat']) {
    const count = /^oom_kill (\d+)$/m.exec(textOf(join(root, file)))?.[1]
    if (count !== undefined) return Number(count)
  }
  return undefined
}

/** Files of the memory control group, of both versions of the interface; the root of the mount where a container shows only its own. */
function groupFiles(root: string): string[] {
  const groups = textOf(join(root, 'proc/self/cgroup')).split('\n')
  const unified = groups.find((line) => line.startsWith('0::'))?.slice(3)
  const memory = groups.find((line) => line.split(':')[1]?.split(',').includes('memory'))?.replace(/^\d+:[^:]*:/, '')
  return [
    ...(unified === undefined ? [] : [join('sys/fs/cgroup', unified, 'memory.events'), 'sys/fs/cgroup/memory.events']),
    ...(memory === undefined
      ? []
      : [join('sys/fs/cgroup/memory', memory, 'memory.oom_control'), 'sys/fs/cgroup/memory/memory.oom_control']),
  ]
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
