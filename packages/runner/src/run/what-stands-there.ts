import { nearestName } from '@etsef/plugin-api/semantics'
import { readdirSync } from 'node:fs'
import { posix } from 'node:path'

/** Names told before the rest is counted. */
const mostNames = 8

/**
 * What stands where a path goes wrong: the path with a similar name, or what the last folder of it that there is holds.
 *
 * @param text - The path as it is written, which leads to nothing.
 * @returns Undefined when no part of it can be read.
 */
export function whatStandsThere(text: string, resolvePath: (path: string) => string): string | undefined {
  const written = text.replaceAll('\\', '/')
  const missing: string[] = []
  for (let at = written; ;) {
    const parent = posix.dirname(at)
    if (parent === at) return undefined
    missing.unshift(posix.basename(at))
    at = parent
    const names = namesIn(resolvePath(at))
    if (!names) continue
    const near = nearestName(missing[0]!, names)
    if (near !== undefined) return `did you mean "${beside(written, at, [near, ...missing.slice(1)])}"?`
    return names.length === 0 ? `"${at}" is empty` : `"${at}" holds ${listed(names)}`
  }
}

/** A path that begins with a dot goes on doing so. */
function beside(written: string, parent: string, names: readonly string[]): string {
  const path = posix.join(parent, ...names)
  return written.startsWith('./') ? `./${path}` : path
}

function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.') && name !== 'node_modules')
      .sort()
  } catch {
    return undefined
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ')
  return names.length > mostNames ? `${shown}, … (${String(names.length)})` : shown
}
