import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Workers are child processes and cannot read TypeScript: tests that run stages need the build. */
export default function setup(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-b', fileURLToPath(new URL('../tsconfig.lib.json', import.meta.url))], {
    stdio: 'inherit',
  })
}
