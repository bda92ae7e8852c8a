import { spawn } from 'node:child_process'

/** What a program left. */
export interface ProgramResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd: string
  /** All of its environment; default this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** A failure is a result, not an error. */
  readonly mayFail?: boolean
}

/** Runs a program and collects what it prints. @throws Error with all of it when it fails. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = process.env, mayFail = false }: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0 || mayFail) resolve({ code, stdout, stderr })
      else reject(new Error(`${program} ${args.join(' ')}: exit ${String(code)}\n${stdout}\n${stderr}`))
    })
  })
}
