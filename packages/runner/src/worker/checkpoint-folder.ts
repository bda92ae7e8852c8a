import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { storeFolders } from '../store/store.js'

/**
 * Folder of a stage's checkpoints: named by the key; with the user's id where another user left one that he did not share.
 *
 * @param access - How the folder is tried; a test puts in what other processes do meanwhile.
 */
export function checkpointFolder(
  { storeDir, key }: { readonly storeDir: string; readonly key: string },
  access: (path: string, mode: number) => void = accessSync,
): string {
  const folder = join(storeDir, storeFolders.checkpoints, key)
  try {
    access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return folder
  } catch (thrown) {
    // A folder that is not there, or no longer, is nobody's.
    const isAnothers = ['EACCES', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')
    return isAnothers ? `${folder}-${String(process.getuid?.() ?? '')}` : folder
  }
}
