import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureFolder } from '../ensure-folder.js'
import type { Description, FromDescriber, ToDescribe } from './description.js'
import { loadLimitMs, LoadsTooLong, type Failure } from './guarded-import.js'

/** Raised when descriptions, or the rules for them, change. */
const format = 2

/**
 * Descriptions of manifests. A manifest is code: one that was not seen before is loaded in a process of its own, where it can hang, end its
 * process or print as it likes. What came of it is remembered by the digest of the package's code.
 *
 * @param file - Where it is remembered.
 * @param isTrusted - Left out when what is remembered of it does not count.
 */
export async function describePlugins(
  plugins: readonly ToDescribe[],
  file: string,
  isTrusted: (description: Description) => boolean = () => true,
): Promise<readonly Description[]> {
  const known = readDescriptions(file)
  const idOf = ({ packageName, entry, digest }: ToDescribe): string => `${packageName} ${entry} ${digest}`
  const found = plugins.map((plugin) => known[idOf(plugin)]).map((each) => (each && isTrusted(each) ? each : undefined))
  const missing = plugins.flatMap((plugin, index) => (found[index] ? [] : [{ ...plugin, index }]))
  if (missing.length > 0) {
    for (const [index, description] of await describeApart(missing)) found[index] = description
    // What is no longer asked for stays known: another project, or branch, may ask again.
    const all = { ...known, ...Object.fromEntries(plugins.map((plugin, index) => [idOf(plugin), found[index]!])) }
    writeDescriptions(file, Object.fromEntries(Object.entries(all).slice(-mostKept)))
  }
  return found.map((each) => each!)
}

const mostKept = 500

function readDescriptions(file: string): Readonly<Record<string, Description>> {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as {
      format?: number
      node?: string
      plugins?: Record<string, Description>
    }
    return read.format === format && read.node === process.version ? (read.plugins ?? {}) : {}
  } catch {
    return {}
  }
}

function writeDescriptions(file: string, plugins: Readonly<Record<string, Description>>): void {
  try {
    ensureFolder(dirname(file))
    writeFileSync(`${file}.${String(process.pid)}`, JSON.stringify({ format, node: process.version, plugins }))
    renameSync(`${file}.${String(process.pid)}`, file)
  } catch {
    // Then they are described again the next time.
  }
}

type Numbered = ToDescribe & { readonly index: number }

/** Describes plugins in processes of their own: one for all of them, and another one for the rest after each that breaks it. */
async function describeApart(plugins: readonly Numbered[]): Promise<ReadonlyMap<number, Description>> {
  const described = new Map<number, Description>()
  for (let open = plugins; open.length > 0; open = open.filter(({ index }) => !described.has(index))) {
    const before = described.size
    const broke = await describeInOneProcess(open, described)
    // A process that ended between two plugins blames the first that is open: there must be an end.
    const { index, ...failure } = broke ?? { index: open[0]!.index, message: endedEarly, mayPass: true }
    if (described.size === before || broke) if (!described.has(index)) described.set(index, { failure })
  }
  return described
}

const endedEarly = 'the process that was to load it ended before it could'

function describerModule(): string {
  const here = fileURLToPath(import.meta.url)
  return here.endsWith('.ts')
    ? join(dirname(here), '../../dist/registry/describe-main.js')
    : join(dirname(here), 'describe-main.js')
}

/** @returns The plugin that ended the process or was waited for in vain. */
async function describeInOneProcess(
  plugins: readonly Numbered[],
  described: Map<number, Description>,
): Promise<({ readonly index: number } & Failure) | undefined> {
  // Rarely needed, and slow to load: what is remembered starts no process.
  const { fork } = await import('node:child_process')
  return new Promise((resolve) => {
    const child = fork(describerModule(), [], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      detached: true,
    })
    let current: number | undefined
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      killGroup(child.pid)
    }, loadLimitMs + 500)
    child.on('message', (message: FromDescriber) => {
      timer.refresh()
      current = message.type === 'start' ? message.index : undefined
      if (message.type === 'done') described.set(message.index, message.description)
    })
    child.on('error', () => undefined)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      // What a manifest started does not outlive the look at it.
      killGroup(child.pid)
      if (current === undefined) resolve(undefined)
      else resolve({ index: current, message: endMessage(code, signal, isLate), mayPass: isLate || signal !== null })
    })
    child.send(plugins)
  })
}

function endMessage(code: number | null, signal: NodeJS.Signals | null, isLate: boolean): string {
  if (isLate) return new LoadsTooLong().message
  // Nothing was left to do, and the module was not done: a top-level await that nothing will ever answer.
  if (code === 0 || code === 13) return 'it waits for something that never happens'
  return signal
    ? `it ends the process that loads it with ${signal}`
    : `it ends the process that loads it with code ${String(code)}`
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}
