import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Path of a built script of this folder, which runs as a child process; undefined where the package is not built. */
export function childScript(name: string): string | undefined {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url)).replace(/([\\/])src([\\/]install)/, '$1dist$2')
  return existsSync(path) ? path : undefined
}
