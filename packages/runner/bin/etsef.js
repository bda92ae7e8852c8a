#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/cli/main.js', import.meta.url)

// In a checkout of the repository nothing is built yet: build once. Installed packages always carry their build.
if (!existsSync(main)) {
  const workspace = join(dirname(fileURLToPath(import.meta.url)), '../../..')
  if (existsSync(join(workspace, 'tsconfig.base.json'))) {
    process.stderr.write('etsef: first use in this checkout, building it once with tsc -b …\n')
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    const { status } = spawnSync(process.execPath, [tsc, '-b'], { cwd: workspace, stdio: ['ignore', 2, 2] })
    if (status !== 0) process.stderr.write('etsef: the build reported errors\n')
  }
}

await import(main.href)
