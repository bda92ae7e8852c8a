import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Path of the built form of a script of this package, which runs as a child process; undefined where the package is not built. */
export function childScript(url: URL): string | undefined {
  const path = fileURLToPath(url).replace(/([\\/])src([\\/]install)/, '$1dist$2')
  return existsSync(path) ? path : undefined
}
