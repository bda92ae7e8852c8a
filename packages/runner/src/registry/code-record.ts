import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { storeFolders } from '../store/store.js'
import type { CodePart, PluginCode } from './implementation-digest.js'

function fileOf(storeDir: string, digest: string): string {
  return join(storeDir, storeFolders.cache, 'code', `${digest}.json`)
}

/** Keeps what a plugin's code was made of, so that a later run can name what changed. */
export function keepCode(storeDir: string, { digest, parts }: PluginCode): void {
  const file = fileOf(storeDir, digest)
  if (existsSync(file)) return
  const temporary = `${file}.${String(process.pid)}`
  try {
    ensureFolder(join(storeDir, storeFolders.cache, 'code'))
    writeFileSync(temporary, JSON.stringify(parts))
    renameSync(temporary, file)
  } catch {
    // A full or read-only disk: a later run will say less of what changed.
    removeQuietly(temporary)
  }
}

/** What the code of a digest was made of; `undefined` when this store never ran it. */
export function keptCode(storeDir: string, digest: string): readonly CodePart[] | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(storeDir, digest), 'utf8')) as readonly CodePart[]
  } catch {
    return undefined
  }
}
