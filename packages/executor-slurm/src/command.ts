import { PipelineError } from '@etsef/plugin-api'
import { spawn } from 'node:child_process'

/** What a command of Slurm printed. @throws PipelineError `ERR_EXECUTOR` when it is missing or refuses, with what it said. */
export function command(name: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'], env: outsideOfJobs(process.env) })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', (cause) => {
      reject(
        new PipelineError('ERR_EXECUTOR', {
          message: `The command "${name}" cannot be started`,
          cause,
          hint: 'run where the commands of Slurm are installed',
        }),
      )
    })
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else
        reject(
          new PipelineError('ERR_EXECUTOR', {
            message: `Slurm refused: "${name}" ended with code ${String(code)}`,
            received: stderr.trim().slice(0, 500),
          }),
        )
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** The environment without what a job that submits others would hand down to them. */
function outsideOfJobs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('SLURM_') || name === 'SLURM_CONF'))
}
