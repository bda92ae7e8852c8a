import { relative, resolve } from 'node:path'
import { bundleDigest, writeBundle } from '../bundle/write-bundle.js'
import { openRun } from '../predict/open-run.js'
import { findProjectRoot } from '../registry/find-project.js'
import { storeDirOf } from '../run/store-dir.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { prepareFolder } from './named-path.js'
import type { Output } from './output.js'
import { setKindOption } from './set-kind-option.js'

/** `etsef bundle RUN [--node NODE] -o DIR`: what a run has fitted, up to a node, as one folder that needs neither store nor data. */
export async function bundle(args: Arguments, output: Output): Promise<number> {
  const [run = ''] = args.rest
  const { values, cwd } = args
  if (values.out === undefined) throw new UsageError('etsef bundle needs a folder to write: -o DIR')
  const out = resolve(cwd, values.out)
  prepareFolder('out', out)
  const root = findProjectRoot(cwd)
  const opened = await openRun({
    ...{ root, storeDir: storeDirOf(root, cwd, values.store), run, node: values.node, engine: values.engine },
    sets: setKindOption(args),
    notice: (message) => {
      if (!args.isQuiet) output.note(`  note     ${message}`)
    },
  })
  try {
    const { dir, index, numBytes, missingProfile } = await writeBundle(opened, out)
    if (missingProfile !== undefined && !args.isQuiet)
      output.note(
        `  note     the bundle cannot tell pictures that are unlike, or nearly, those trained on: ${missingProfile}`,
      )
    const digest = bundleDigest(index)
    if (args.isJson) output.line(JSON.stringify({ dir, digest, numBytes, ...index }))
    else
      output.line(
        `${relative(cwd, dir) || dir}  ${index.target} of run ${index.run}, ${String(Object.keys(index.files).length + 1)} files, ${(numBytes / 1e6).toFixed(1)} MB, sha256 ${digest.slice(0, 12)}`,
      )
    return exitCodes.ok
  } finally {
    await opened.predictor.close()
  }
}
