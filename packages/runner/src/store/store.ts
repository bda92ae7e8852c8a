import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { formatVersion, readManifest, type Manifest } from './manifest.js'
import { removeQuietly } from './remove-quietly.js'
import { makeFolders } from './shared-folders.js'
import { inStore, storeProblem } from './store-problem.js'
import { hashFile, openStatCache, statCacheFile, type StatCache } from './stat-cache.js'
import { storeFolders } from './store-folders.js'

export { storeFolders } from './store-folders.js'

/** What a look-up finds. */
export type Found =
  | { readonly state: 'present'; readonly manifest: Manifest }
  | { readonly state: 'absent' }
  | { readonly state: 'corrupt'; readonly reason: string }

/** Artifacts by key, in a folder that any number of processes may use at once. */
export interface Store {
  readonly dir: string
  /** Folder of an artifact. */
  path(key: string): string
  /** The manifest, when the artifact is there. Sizes are checked; `verify` also checks every byte. */
  find(key: string): Found
  /** Checks every byte of an artifact, remembered by file times unless `isParanoid`. @returns What is wrong. */
  verify(manifest: Manifest, isParanoid?: boolean): string | undefined
  /** Sets an artifact aside so that it is never used; it is kept for a look until the next gc. */
  quarantine(key: string): void
  /** Keys of all artifacts. */
  keys(): string[]
  /** Marks an artifact as used now, for gc. */
  touch(key: string): void
  save(): void
}

/** Opens a store, making its folders. @throws PipelineError `ERR_STORE` when there is none and none can be made. */
export function openStore(dir: string): Store {
  const artifacts = join(dir, storeFolders.artifacts)
  try {
    makeFolders(dir, Object.values(storeFolders))
  } catch (thrown) {
    // A store that may only be read is still opened: what it holds can be used.
    if (!isFolder(artifacts) || !isFolder(join(dir, storeFolders.runs))) throw storeProblem(thrown, dir) ?? thrown
  }
  const path = (key: string): string => join(artifacts, key)
  let verified: StatCache | undefined
  return {
    dir,
    path,
    find(key) {
      return findArtifact(path(key), key)
    },
    verify(manifest, isParanoid = false) {
      verified ??= openStatCache(statCacheFile(dir, artifacts))
      return verifyFiles(path(manifest.key), manifest, isParanoid ? hashFile : (file) => verified!.digest(file))
    },
    quarantine(key) {
      const to = join(dir, storeFolders.corrupt, `${key}-${String(process.pid)}-${String(Date.now())}`)
      try {
        renameSync(path(key), to)
      } catch {
        if (removeQuietly(path(key))) return
        // Of another user, who did not share it: to move it elsewhere takes a right to the folder itself, to rename it does not.
        inStore(dir, () => {
          renameSync(path(key), join(artifacts, `.${key}-${String(process.pid)}-${String(Date.now())}`))
        })
      }
    },
    keys: () => readdirSync(artifacts).filter((name) => !name.startsWith('.')),
    touch(key) {
      const now = new Date()
      try {
        utimesSync(join(path(key)), now, now)
      } catch {
        // Another process may have collected it; the run will see that itself.
      }
    },
    save() {
      verified?.save()
    },
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function findArtifact(dir: string, key: string): Found {
  const file = join(dir, 'manifest.json')
  let text: string
  try {
    // Asked first because an exception costs more than the question, and a run looks up thousands of keys that are not there.
    if (!existsSync(dir)) return { state: 'absent' }
    text = readFileSync(file, 'utf8')
  } catch {
    return existsSync(dir) ? { state: 'corrupt', reason: 'its manifest is missing' } : { state: 'absent' }
  }
  const manifest = readManifest(text)
  if (manifest?.key !== key || manifest.format !== formatVersion)
    return { state: 'corrupt', reason: 'its manifest is damaged' }
  for (const file of manifest.files) {
    let size = -1
    try {
      size = lstatSync(join(dir, file.path)).size
    } catch {
      // A file that cannot be examined keeps size -1, which no manifest has: it counts as missing.
    }
    if (size !== file.bytes)
      return {
        state: 'corrupt',
        reason:
          size < 0
            ? `file ${file.path} is missing`
            : `file ${file.path} has ${String(size)} bytes, not ${String(file.bytes)}`,
      }
  }
  return { state: 'present', manifest }
}

/** The first file whose bytes are not those of the manifest. */
function verifyFiles(dir: string, manifest: Manifest, digest: (file: string) => string): string | undefined {
  for (const file of manifest.files) {
    const path = join(dir, file.path)
    try {
      if (statSync(path).size !== file.bytes || digest(path) !== file.sha256)
        return `file ${file.path} is not as it was written`
    } catch {
      return `file ${file.path} is missing`
    }
  }
  return undefined
}
