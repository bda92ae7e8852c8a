import type { StarterProvider, WeightsEntry, WeightsProvider } from '@etsef/plugin-api'
import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, extname, resolve } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import type { InstalledProvider } from '../registry/find-plugin-packages.js'
import { importProvider } from '../registry/import-provider.js'
import { loadRegistry } from '../registry/load-registry.js'
import { importEngines } from '../run/engine.js'
import { storeDirOf } from '../run/store-dir.js'
import { UsageError, type Arguments } from './arguments.js'
import { editorHint } from './editor-hint.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import type { Output } from './output.js'

/**
 * `etsef init FOLDER|TABLE [--out FILE]`: a first pipeline for images, written by a package of the project that offers one (`"starter"` in its `etsef` field).
 *
 * The runner knows what machine it is on; what is in the folder, and what to do with it, is the package's to say.
 */
export async function init(args: Arguments, output: Output): Promise<number> {
  const { values, cwd } = args
  const path = resolve(cwd, args.rest[0] ?? '.')
  const file = values.out ?? `${basename(path).replace(/[.](csv|tsv|parquet)$/i, '')}.yaml`
  const out = resolve(cwd, file)
  if (existsSync(out) && values.force !== true)
    throw new UsageError(`${file} is there already; --out NAME.yaml writes another file, --force writes over it`)
  const root = findProjectRoot(cwd)
  const registry = await loadRegistry(root)
  if (!registry.starter)
    throw problem('ERR_PLUGIN', {
      message: 'No package of the project writes a first pipeline',
      hint: 'add @etsef/plugin-data to the dependencies of package.json, or npm install etsef',
    })
  const provider = await importProvider<StarterProvider>(registry.starter, 'start')
  const engine = registry.engines && (await engineName(registry.engines))
  const { found, yaml } = await provider.start({
    path,
    from: root,
    name: basename(out, extname(out)),
    file,
    cpus: availableParallelism(),
    engine,
    weights: registry.weights ? await weightsHere(registry.weights) : [],
    signal: listenForInterrupts(),
    onProgress: (done, total) => {
      if (!args.isQuiet && !args.isJson && output.isTerminal && (done % 100 === 0 || done === total))
        output.note(`looked at ${String(done)} of ${String(total)} files`)
    },
  })
  ensureFolder(dirname(out))
  writeFileSync(out, `${editorHint(out, registry, storeDirOf(root, cwd, values.store))}${yaml}`)
  if (args.isJson) output.line(JSON.stringify({ file: out, found }))
  else {
    for (const line of found) output.line(line)
    output.line(`\nwrote ${file}; next:\n  etsef run ${file}\n  etsef report`)
  }
  return exitCodes.ok
}

/** A machine without an engine can still have a pipeline written. */
async function engineName(engines: InstalledProvider): Promise<string | undefined> {
  try {
    return (await (await importEngines(engines)).probe()).name
  } catch {
    return undefined
  }
}

async function weightsHere(weights: InstalledProvider): Promise<readonly WeightsEntry[]> {
  const provider = await importProvider<WeightsProvider>(weights, 'list')
  return (await provider.list()).filter(({ state }) => state !== 'missing')
}
