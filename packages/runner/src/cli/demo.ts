import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { problem } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { storeDirOf } from '../run/store-dir.js'
import type { Arguments } from './arguments.js'
import { editorHint, hintPattern } from './editor-hint.js'
import type { Output } from './output.js'
import { run } from './run.js'

/** `etsef demo`: writes the example pipeline of the installed packages where there is none yet, and runs it. */
export async function demo(args: Arguments, output: Output): Promise<number> {
  const root = findProjectRoot(args.cwd)
  const { demo: pipeline } = await loadRegistry(root, [])
  if (pipeline === undefined)
    throw problem('ERR_PLUGIN', {
      message: 'No package of the project brings an example pipeline',
      place: { file: 'package.json', line: 1, column: 1 },
      hint: 'npm install etsef',
    })
  const file = basename(pipeline)
  const isThere = existsSync(join(args.cwd, file))
  if (!isThere) {
    const hint = editorHint(
      join(args.cwd, file),
      await loadRegistry(root),
      storeDirOf(root, args.cwd, args.values.store),
    )
    writeFileSync(join(args.cwd, file), readFileSync(pipeline, 'utf8').replace(hintPattern, hint))
  }
  output.note(
    `${isThere ? 'running' : 'wrote'} ${file}; \`etsef run ${file}\` does the same again, and computes only what changed`,
  )
  return run({ ...args, rest: [file] }, output)
}
