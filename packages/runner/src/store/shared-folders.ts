import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmdirSync, statSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { ensureFolder } from '../ensure-folder.js'
import { temporaryName } from './temporary-name.js'

const groupWrites = 0o020
const othersWrite = 0o002
const sticky = 0o1000
const setGroup = 0o2000

/**
 * Makes the folders of a store. What its own folder lets the group, or others, write is given to them in everything made inside, whatever
 * this user's umask says: with a store that several people may write, each can go on where another was killed. A store that does not
 * exist yet takes after the folder it is made in.
 */
export function makeFolders(dir: string, names: readonly string[]): void {
  if (!existsSync(dir)) {
    const above = existingAbove(dir)
    ensureFolder(dirname(dir))
    // In a sticky folder, as /tmp is, users cannot remove each other's files: a store there belongs to one user, and is not shared.
    makeFolder(dir, (above.mode & sticky) === 0 ? above : undefined)
  }
  const root = statSync(dir)
  const shared = sharedBits(root)
  // Worker processes inherit the umask, so that what operations write is shared, too. Node lets only the main thread set it.
  if (shared !== 0 && isMainThread) {
    // Reading the umask without setting it is deprecated in Node, so a strict one is set for a moment.
    const own = process.umask(0o077)
    process.umask(own & ~shared)
  }
  for (const name of names) makeFolder(join(dir, name), root)
}

/** Makes a folder, which is never seen without its rights: whoever is killed here leaves nothing that keeps others out. */
function makeFolder(folder: string, like: Stats | undefined): void {
  if (existsSync(folder)) {
    // Made by an earlier version, perhaps.
    if (like && statSync(folder).isDirectory()) open(folder, like)
    return
  }
  const made = `${folder}-${temporaryName()}`
  mkdirSync(made)
  if (like) open(made, like)
  try {
    renameSync(made, folder)
  } catch (thrown) {
    rmdirSync(made)
    // Another process was quicker.
    if (!existsSync(folder)) throw thrown
  }
}

/** Read, write and enter for those who may write. */
function sharedBits({ mode }: Stats): number {
  return ((mode & groupWrites) === 0 ? 0 : 0o070) | ((mode & othersWrite) === 0 ? 0 : 0o007)
}

/** Gives a folder the group, and the rights of group and others, of another. Only its owner can; for others it is as it is. */
function open(folder: string, like: Stats): void {
  const wanted = sharedBits(like)
  const stats = statSync(folder)
  if (wanted === 0 || stats.uid !== process.getuid?.()) return
  try {
    const isOtherGroup = (wanted & 0o070) !== 0 && stats.gid !== like.gid
    if (isOtherGroup) chownSync(folder, stats.uid, like.gid)
    const group = isOtherGroup || (like.mode & setGroup) !== 0 ? setGroup : 0
    if ((stats.mode & (wanted | group)) !== (wanted | group)) chmodSync(folder, (stats.mode & 0o7777) | wanted | group)
  } catch {
    // Not a member of that group: others can read, and make their own store.
  }
}

function existingAbove(dir: string): Stats {
  let above = dirname(dir)
  while (!existsSync(above) && above !== dirname(above)) above = dirname(above)
  return statSync(above)
}
