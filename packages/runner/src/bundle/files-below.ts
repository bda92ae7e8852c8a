import { lstatSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { hashFile } from '../store/stat-cache.js'
import type { BundleFile } from './bundle-format.js'

/** Everything below a folder that is no folder, links too, with `/` between parts, in order; hidden ones at the top, as `.git`, are left out. */
export function filesBelow(dir: string): readonly string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (folder === dir && entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else found.push(relative(dir, path).split(sep).join('/'))
    }
  }
  walk(dir)
  return found.sort()
}

/** Size and digest of a file. @throws Error where there is none, or a link. */
export function fileOf(path: string): BundleFile {
  const stats = lstatSync(path)
  if (!stats.isFile()) throw new Error(`${path} is no file`)
  return { bytes: stats.size, sha256: hashFile(path) }
}
