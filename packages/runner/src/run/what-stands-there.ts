import { nearestName } from '@etsef/plugin-api/semantics'
import { readdirSync, statSync } from 'node:fs'
import { posix } from 'node:path'

/** Names told before the rest is counted. */
const mostNames = 8

/**
 * What stands where a path goes wrong: the path with a similar name, or what the last folder of it that there is holds. It is walked from
 * its beginning, so that a path of thousands of parts is as quick as one of two.
 *
 * @param text - The path as it is written, which leads to nothing.
 * @returns Undefined when that folder cannot be read.
 */
export function whatStandsThere(text: string, resolvePath: (path: string) => string): string | undefined {
  const written = text.replaceAll('\\', '/')
  const parts = written.split('/').filter((part) => part !== '' && part !== '.')
  let folder = written.startsWith('/') ? '/' : '.'
  let at = 0
  for (; at < parts.length; at++) {
    const next = posix.join(folder, parts[at]!)
    if (!isFolder(resolvePath(next))) break
    folder = next
  }
  const [missing, ...rest] = parts.slice(at)
  const names = namesIn(resolvePath(folder))
  if (!names || missing === undefined) return undefined
  const near = nearestName(missing, names)
  if (near !== undefined) return `did you mean "${beside(written, folder, [near, ...rest])}"?`
  return names.length === 0 ? `"${folder}" is empty` : `"${folder}" holds ${listed(names)}`
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // It is not there, or not to be seen.
    return false
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
