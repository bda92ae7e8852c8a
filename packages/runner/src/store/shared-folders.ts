import { chmodSync, chownSync, existsSync, mkdirSync, statSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

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
    mkdirSync(dir, { recursive: true })
    // A sticky folder, as /tmp is, is one where people keep their own.
    if ((above.mode & sticky) === 0) open(dir, above)
  }
  const root = statSync(dir)
  const shared = sharedBits(root)
  // Workers take after this process: what operations write is shared, too. A thread may not set it.
  if (shared !== 0 && isMainThread) {
    // It can only be read by setting it.
    const own = process.umask(0o077)
    process.umask(own & ~shared)
  }
  for (const name of names) {
    const folder = join(dir, name)
    mkdirSync(folder, { recursive: true })
    open(folder, root)
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
