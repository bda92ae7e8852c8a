import { relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { asError } from '../errors.js'

/** The result of importing a module of a plugin, which may print, throw, hang or end the process. */
export type Imported = ({ readonly exported: unknown } | { readonly failed: Failure }) & {
  /** The first thing it printed. */
  readonly printed?: string
}

/** Why a module could not be imported, and where in it, when that is known. */
export interface Failure {
  readonly message: string
  /** The machine may be to blame, which was busy or short of memory: another look may find otherwise. */
  readonly mayPass?: boolean
  readonly place?: { readonly file: string; readonly line: number; readonly column: number } | undefined
}

/** A manifest is declarations; what takes this long waits for something. */
export const loadLimitMs = 5000

/** A module did not load in time. */
export class LoadsTooLong extends Error {
  constructor() {
    super(`it did not finish loading within ${String(loadLimitMs / 1000)} s`)
  }
}

/**
 * Imports a module and takes its default export. While it loads, nothing it prints comes out, and ending the process is an error of its own.
 *
 * @param entry - Absolute path.
 * @param dir - Folder of its package: places outside it are not blamed.
 * @param options - `mayEnd`: the process ends at once when the module waits for what nothing will ever answer.
 */
export async function guardedImport(
  entry: string,
  dir: string,
  { mayEnd = false }: { readonly mayEnd?: boolean } = {},
): Promise<Imported> {
  const guard = standGuard()
  const timer = { handle: undefined as NodeJS.Timeout | undefined }
  try {
    const late = new Promise<never>((_, reject) => {
      timer.handle = setTimeout(() => {
        reject(new LoadsTooLong())
      }, loadLimitMs)
      if (mayEnd) timer.handle.unref()
    })
    const { default: exported } = (await Promise.race([import(pathToFileURL(entry).href), late])) as {
      default?: unknown
    }
    return { exported, ...guard.printed() }
  } catch (thrown) {
    const error = asError(thrown)
    const mayPass = error instanceof LoadsTooLong
    return { failed: { message: error.message, mayPass, place: placeOf(error, dir) }, ...guard.printed() }
  } finally {
    clearTimeout(timer.handle)
    guard.release()
  }
}

/** Several modules may load at a time: the guard is lifted when the last one is done. */
let numGuards = 0
let open: (() => void) | undefined
let heard = ''

function standGuard(): { printed(): { readonly printed?: string }; release(): void } {
  if (numGuards++ === 0) {
    heard = ''
    open = close()
  }
  return {
    printed: () => (heard.trim() === '' ? {} : { printed: heard.trim().split('\n')[0]!.slice(0, 80) }),
    release() {
      if (--numGuards === 0) open?.()
    },
  }
}

function close(): () => void {
  const before = Object.fromEntries(
    ['exit', 'kill', 'abort'].map((name) => [name, Reflect.get(process, name) as unknown]),
  )
  const writes = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }))
  for (const { stream } of writes)
    stream.write = (chunk: unknown, ...rest: unknown[]) => {
      if (heard.length < 1000) heard += typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString()
      const done = rest.find((each) => typeof each === 'function')
      if (done) process.nextTick(done)
      return true
    }
  process.exit = (code) => {
    throw new Error(`it ends the process with code ${String(code ?? process.exitCode ?? 0)}`)
  }
  process.abort = () => {
    throw new Error('it aborts the process')
  }
  process.kill = (pid, signal) => {
    if (Math.abs(pid) === process.pid || pid === 0)
      throw new Error(`it sends ${String(signal ?? 'SIGTERM')} to its own process`)
    return (before['kill'] as typeof process.kill).call(process, pid, signal)
  }
  return () => {
    for (const { stream, write } of writes) stream.write = write
    Object.assign(process, before)
  }
}

/** The innermost place in a package that an error comes from: of a frame, or of a syntax error's first line. */
export function placeOf(error: Error, dir: string): Failure['place'] {
  for (const line of (error.stack ?? '').split('\n')) {
    const match = /(file:\/\/[^\s)]+?|\/[^\s():]+):(\d+)(?::(\d+))?\)?$/.exec(line.trim())
    if (!match) continue
    const file = match[1]!.startsWith('file:') ? fileURLToPath(match[1]!) : match[1]!
    const inside = relative(dir, file)
    if (inside.startsWith('..') || inside.split(sep).includes('node_modules')) continue
    return { file, line: Number(match[2]), column: Number(match[3] ?? 1) }
  }
  return undefined
}
