import { randomUUID } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Binding } from './engine-cache.js'
import { findOwnKernels, KERNELS_FLAGS, KERNELS_SOURCE, ownKernelsPath } from './own-kernels-file.js'
import { lastLines, runCommand } from './run-command.js'
import { selfTest } from './self-test.js'
import { noEngine } from '../errors.js'

/** What training without our kernels costs, in one line. */
const NO_KERNELS_COST = 'networks train without the compiled kernels, up to 1.4 times slower'

/**
 * Compiles `native/kernels.cc` beside a binding (5 s) and tests it in a child process; does nothing when it is there. Training
 * works without, so a missing compiler is told in one line and is no error.
 */
export async function ensureOwnKernels(
  binding: Pick<Binding, 'path' | 'package'>,
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (binding.package !== '@tensorflow/tfjs-node' || env['ETSEF_OWN_KERNELS'] === '0') return
  if (findOwnKernels(binding.path, env) !== undefined) return
  const building = join(dirname(binding.path), `building-${randomUUID()}.node`)
  try {
    const libraryDirectory = join(dirname(binding.path), '..', '..', 'deps', 'lib')
    const libraries = (await readdir(libraryDirectory)).filter((name) => /^libtensorflow\w*\.so\.\d+$/.test(name))
    if (libraries.length === 0) throw noEngine(`no libtensorflow in ${libraryDirectory}`)
    const args = [
      ...KERNELS_FLAGS,
      KERNELS_SOURCE,
      `-L${libraryDirectory}`,
      ...libraries.map((name) => `-l:${name}`),
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
      '-o',
      building,
    ]
    const { code, stderr } = await runCommand('g++', args, { timeoutMs: 300_000 })
    if (code !== 0) throw noEngine(`g++ failed: ${lastLines(stderr)}`)
    await selfTest(binding, building)
    await rename(building, ownKernelsPath(binding.path))
  } catch (cause) {
    log(`${NO_KERNELS_COST} (${cause instanceof Error ? cause.message : String(cause)})`)
  } finally {
    await rm(building, { force: true })
  }
}
