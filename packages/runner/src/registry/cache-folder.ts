import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Where is remembered what is known of packages: beside them, so that it goes with them and every store of the project uses it.
 *
 * @param from - Folder below which the packages are installed.
 * @returns `undefined` where nothing can be written.
 */
export function cacheFolder(from: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    const folder = join(dir, 'node_modules')
    if (existsSync(folder)) {
      try {
        accessSync(folder, constants.W_OK)
        return join(realpathSync(folder), '.cache', 'etsef')
      } catch {
        return undefined
      }
    }
    if (dirname(dir) === dir) return undefined
  }
}
