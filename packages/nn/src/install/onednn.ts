import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { childScript } from './child-script.js'
import type { Binding } from './engine-cache.js'
import { processor } from './own-kernels-file.js'

/** What {@link settleOneDnn} asks of the machine. */
export interface OneDnnFacts {
  /** Whether the system knows the size of the first data cache. */
  readonly tellsCaches: () => boolean
  /**
   * Runs the convolutions that oneDNN may end the process with, in a child process; false when it ended so, undefined when it could not be told
   * (too slow, short of memory, a library that does not load).
   */
  readonly survives: (
    binding: Pick<Binding, 'path' | 'package'>,
    env: NodeJS.ProcessEnv,
  ) => Promise<boolean | undefined>
}

const facts: OneDnnFacts = { tellsCaches, survives }

/**
 * Switches oneDNN off (`TF_ENABLE_ONEDNN_OPTS=0` in `env`, which child processes inherit) where it would end the process: some virtual
 * machines do not tell the size of the first cache, and oneDNN 3.7 within TensorFlow 2.21 divides by what it makes of it.
 *
 * A trial in a child process decides, once for a library on a machine; one that tells nothing is made again the next time. Where the system
 * knows its caches there is no trial. What the user has set stays.
 *
 * @returns Whether TensorFlow will compute with oneDNN.
 */
export async function settleOneDnn(
  binding: Binding,
  env: NodeJS.ProcessEnv = process.env,
  { tellsCaches, survives }: OneDnnFacts = facts,
): Promise<boolean> {
  if (env['TF_ENABLE_ONEDNN_OPTS'] === undefined && !tellsCaches()) {
    const verdictFile = verdictPath(binding)
    const isFine = readVerdict(verdictFile) ?? (await tryOneDnn(verdictFile))
    if (isFine === false) env['TF_ENABLE_ONEDNN_OPTS'] = '0'
  }
  return env['TF_ENABLE_ONEDNN_OPTS'] !== '0'

  async function tryOneDnn(verdictFile: string): Promise<boolean | undefined> {
    const isFine = await survives(binding, env)
    if (isFine !== undefined) await keepVerdict(verdictFile, isFine)
    return isFine
  }
}

async function survives(
  { path, package: name }: Pick<Binding, 'path' | 'package'>,
  env: NodeJS.ProcessEnv,
): Promise<boolean | undefined> {
  const script = childScript(new URL('./onednn-trial-child.js', import.meta.url))
  if (script === undefined) return undefined
  try {
    await promisify(execFile)(process.execPath, [script, path, name], { env, timeout: 60_000 })
    return true
  } catch (cause) {
    // Anything else that is wrong with the library is told where it is loaded.
    return (cause as { readonly signal?: NodeJS.Signals }).signal === 'SIGFPE' ? false : undefined
  }
}

function tellsCaches(): boolean {
  if (process.platform !== 'linux') return true
  const directory = '/sys/devices/system/cpu/cpu0/cache'
  try {
    return readdirSync(directory).some((name) => {
      if (!name.startsWith('index')) return false
      const [level, type, size] = ['level', 'type', 'size'].map((file) =>
        readFileSync(join(directory, name, file), 'utf8').trim(),
      )
      return level === '1' && type !== 'Instruction' && Number.parseInt(size!, 10) > 0
    })
  } catch {
    return false
  }
}

/** Beside the library. Machines may share its folder, so the name tells them apart. */
function verdictPath({ path, tensorflowVersion }: Binding): string {
  const machine = JSON.stringify([tensorflowVersion, hostname(), processor()])
  return join(dirname(path), `onednn-${createHash('sha256').update(machine).digest('hex').slice(0, 8)}`)
}

function readVerdict(file: string): boolean | undefined {
  try {
    return readFileSync(file, 'utf8') === 'fine\n'
  } catch {
    return undefined
  }
}

/** Where nothing can be written the trial is made again next time. */
async function keepVerdict(file: string, isFine: boolean): Promise<void> {
  try {
    const writing = `${file}.${process.pid}`
    await writeFile(writing, isFine ? 'fine\n' : 'divides by zero\n')
    await rename(writing, file)
  } catch {
    return
  }
}
