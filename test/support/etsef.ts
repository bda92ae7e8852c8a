import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Root of the repository. */
export const root = resolve(import.meta.dirname, '../..')

/** Folder with the real images and weights, where there is one. */
export const shared = process.env['ETSEF_SHARED'] ?? resolve(root, '../shared')

/** Whether the real images and weights are there. */
export const hasShared = existsSync(join(shared, 'data')) && existsSync(join(shared, 'weights'))

/** What a call of the command line gave. */
export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** How the command line is called. */
export interface CommandOptions {
  /** Where it is called; default the repository's root. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArguments?: readonly string[]
  /** Called with every piece of output; may kill the process. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs `etsef …` as a user would. */
export function etsef(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const started = performance.now()
  return new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [...(options.nodeArguments ?? []), join(root, 'packages/runner/bin/etsef.js'), ...args],
      {
        cwd: options.cwd ?? root,
        env: { ...process.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let [stdout, stderr] = ['', '']
    const kill = (signal: NodeJS.Signals): void => void child.kill(signal)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      options.onOutput?.(text, kill)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      options.onOutput?.(text, kill)
    })
    child.on('error', fail)
    child.on('close', (code, signal) => {
      done({ code, signal, stdout, stderr, seconds: (performance.now() - started) / 1000 })
    })
  })
}

/** The last line of the output as JSON, as `--json` prints it. */
export function lastJson(result: CommandResult): Record<string, unknown> {
  const line = result.stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    throw new Error(
      `no JSON in the last line; exit ${String(result.code)}\n${result.stdout.slice(-2000)}\n${result.stderr.slice(-4000)}`,
    )
  }
}

/** A folder for one test file, removed by `dispose`. */
export function temporaryFolder(): { readonly path: string; readonly dispose: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'etsef-test-'))
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) }
}

/** A text file's content. */
export function read(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8')
}
