import type { WeightsProvider, WeightsState } from '@etsef/plugin-api'
import { resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { asError, problem } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import { formatBytes, formatTable, type Output } from './output.js'

const usage =
  'etsef weights list, etsef weights pull NAME…, or etsef weights verify [NAME or FILE…]; each takes --dir DIR'

/** `etsef weights list | pull NAME… | verify [NAME or FILE…]`: published weights, as a package of the project offers them. */
export async function weights(args: Arguments, output: Output): Promise<number> {
  const [action, ...names] = args.rest
  if (action === 'list' ? names.length > 0 : action === 'pull' ? names.length === 0 : action !== 'verify')
    throw new UsageError(usage)
  const dir = args.values.dir === undefined ? undefined : resolve(args.cwd, args.values.dir)
  const request: Request = { args, output, dir, provider: await importWeights(args.cwd) }
  if (action === 'list') return list(request)
  return action === 'pull' ? pull(request, names) : verify(request, names)
}

interface Request {
  readonly args: Arguments
  readonly output: Output
  readonly dir: string | undefined
  readonly provider: WeightsProvider
}

async function importWeights(cwd: string): Promise<WeightsProvider> {
  const registry = await loadRegistry(findProjectRoot(cwd))
  if (!registry.weights)
    throw problem('ERR_WEIGHTS', {
      message: 'No package of the project knows of published weights',
      hint: 'add @etsef/nn to the dependencies of package.json',
    })
  const { packageName, entry } = registry.weights
  let provider: WeightsProvider | undefined
  try {
    provider = ((await import(pathToFileURL(entry).href)) as { readonly default?: WeightsProvider }).default
  } catch (cause) {
    throw problem('ERR_PLUGIN', {
      message: `The weights of package "${packageName}" cannot be loaded: ${asError(cause).message}`,
      hint: 'build or install the package again',
      cause,
    })
  }
  if (typeof provider?.list === 'function') return provider
  throw problem('ERR_PLUGIN', {
    message: `Package "${packageName}" does not export weights`,
    expected: 'export default { list, pull, verify }',
  })
}

const words: Readonly<Record<WeightsState, string>> = {
  ok: 'is what its publisher offers',
  wrong: 'is not the file that its publisher offers',
  missing: 'is not on this machine',
  unchecked: 'is there; its publisher gives no checksum',
}

async function list({ args, output, dir, provider }: Request): Promise<number> {
  const entries = await provider.list({ dir })
  if (args.isJson) output.line(JSON.stringify({ weights: entries }))
  else
    output.line(
      formatTable({
        columns: ['name', 'here', 'what it is'],
        rows: entries.map(({ name, state, summary }) => [name, state === 'missing' ? '' : state, summary]),
      }),
    )
  return exitCodes.ok
}

async function pull({ args, output, dir, provider }: Request, names: readonly string[]): Promise<number> {
  const signal = listenForInterrupts()
  const pulled: { readonly name: string; readonly path: string }[] = []
  for (const name of names) {
    const { path } = await provider.pull(name, { dir, signal, onProgress: progressOf(name, args, output) })
    signal.throwIfAborted()
    pulled.push({ name, path })
    if (!args.isJson) output.line(path)
  }
  if (args.isJson) output.line(JSON.stringify({ pulled }))
  return exitCodes.ok
}

/** A line when a download starts, and one a tenth; nothing where no size is known. */
function progressOf(name: string, args: Arguments, output: Output): (bytes: number, total: number | undefined) => void {
  let shown = -1
  return (bytes, total) => {
    if (args.isQuiet || args.isJson) return
    const tenth = total === undefined || total === 0 ? 0 : Math.floor((10 * bytes) / total)
    if (tenth <= shown) return
    shown = tenth
    output.note(
      `${name}: ${formatBytes(bytes)}${total === undefined ? '' : ` of ${formatBytes(total)} (${String(10 * tenth)} %)`}`,
    )
  }
}

async function verify({ args, output, dir, provider }: Request, names: readonly string[]): Promise<number> {
  const asked = names.map((name) => {
    const path = resolve(args.cwd, name)
    return existsSync(path) ? path : name
  })
  // Without a name: everything that is here.
  const wanted =
    asked.length > 0
      ? asked
      : (await provider.list({ dir })).filter(({ state }) => state !== 'missing').map(({ name }) => name)
  const found = []
  for (const name of wanted) found.push(await provider.verify(name, { dir }))
  if (args.isJson) output.line(JSON.stringify({ verified: found }))
  else {
    for (const { name, path, state } of found) output.line(`${name}: ${path} ${words[state]}`)
    if (found.length === 0) output.line('no weights are here; `etsef weights list` says what there is')
  }
  return found.some(({ state }) => state === 'wrong' || state === 'missing') ? exitCodes.failed : exitCodes.ok
}
