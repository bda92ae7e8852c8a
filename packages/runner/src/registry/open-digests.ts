import { join } from 'node:path'
import { cacheFolder } from './cache-folder.js'
import { implementationDigests, type ImplementationDigests } from './implementation-digest.js'

/** Digests of plugins' code, remembered between runs. */
export function openDigests(root: string, storeDir: string, isParanoid: boolean): ImplementationDigests {
  return implementationDigests(cacheFolder(root) ?? join(storeDir, 'stat-cache'), isParanoid)
}
