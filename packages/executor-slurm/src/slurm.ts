import { PipelineError } from '@etsef/plugin-api'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pilotScript, type PilotOptions } from './pilot-script.js'

/** An array of pilots that was submitted. */
export interface PilotArray {
  readonly jobId: string
  /** Resolves when no pilot is queued or running any more. What they did is in the store. */
  finished(options?: {
    readonly firstPollMs?: number
    readonly lastPollMs?: number
    readonly signal?: AbortSignal
  }): Promise<void>
  /** Cancels all pilots; idempotent. */
  cancel(): Promise<void>
}

const defaultFirstPollMs = 2_000
const defaultLastPollMs = 40_000

/**
 * Submits pilots with `sbatch`.
 *
 * @throws PipelineError `ERR_LOST` when Slurm's commands are missing or refuse.
 */
export async function submitPilots(options: PilotOptions): Promise<PilotArray> {
  mkdirSync(join(options.storeDir, 'logs'), { recursive: true })
  const answer = await command('sbatch', ['--parsable'], pilotScript(options))
  const jobId = answer.trim().split(';')[0] ?? ''
  if (!/^\d+$/.test(jobId))
    throw new PipelineError('ERR_LOST', {
      message: 'sbatch did not answer with a job id',
      received: answer.slice(0, 200),
    })
  return {
    jobId,
    async finished({ firstPollMs = defaultFirstPollMs, lastPollMs = defaultLastPollMs, signal } = {}) {
      for (let pauseMs = firstPollMs; ; pauseMs = Math.min(lastPollMs, pauseMs * 1.5)) {
        await sleep(pauseMs, undefined, signal ? { signal } : {})
        if ((await activeTasks(jobId)) === 0) return
      }
    },
    cancel: async () => {
      await command('scancel', [jobId])
    },
  }
}

/** Tasks of an array that are queued or running. A job that Slurm has forgotten has none. */
async function activeTasks(jobId: string): Promise<number> {
  try {
    const lines = await command('squeue', ['--noheader', '--format=%i', '--jobs', jobId])
    return lines.split('\n').filter((line) => line.trim() !== '').length
  } catch (thrown) {
    if (thrown instanceof PipelineError && /[Ii]nvalid job id/.test(thrown.received ?? '')) return 0
    throw thrown
  }
}

function command(name: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', (cause) => {
      reject(
        new PipelineError('ERR_LOST', {
          message: `The command "${name}" cannot be started`,
          cause,
          hint: 'run where the Slurm client commands are installed',
        }),
      )
    })
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else
        reject(
          new PipelineError('ERR_LOST', {
            message: `The command "${name}" ended with code ${String(code)}`,
            received: stderr.trim().slice(0, 500),
          }),
        )
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
