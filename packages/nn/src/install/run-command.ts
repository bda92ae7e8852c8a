import { spawn } from 'node:child_process'

/** What a finished command left. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link runCommand}. */
export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Killed after this many milliseconds. */
  readonly timeoutMs: number
}

/**
 * Runs a program without a shell and collects its output.
 *
 * @throws Error when the program is not on PATH or is killed by the time-out; a non-zero exit is returned, not thrown.
 */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'ENOENT' ? new Error(`${program} is not on PATH`) : cause)
    })
    child.on('close', (code, signal) => {
      if (signal !== null) reject(new Error(`${program} was stopped by ${signal} (limit ${options.timeoutMs} ms)`))
      else resolve({ code: code ?? 1, stdout, stderr })
    })
  })
}

/** The lines of a command's error output that say what went wrong: those with `error`, else the last ones. */
export function lastLines(text: string, count = 3): string {
  const lines = text.trim().split('\n')
  const errors = lines.filter((line) => /error/i.test(line))
  return (errors.length > 0 ? errors.slice(0, count) : lines.slice(-count)).join(' | ')
}
