import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pilotScript, submitPilots, type PilotOptions } from './index.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-slurm-'))
const path = process.env['PATH']
const options: PilotOptions = {
  pipeline: 'p.yaml',
  projectDir: '/shared/my project',
  storeDir: join(dir, 'store'),
  numPilots: 3,
  cpus: 2,
  memoryMb: 4000,
  timeLimit: '1:00:00',
  jobName: 'etsef-1',
}

/** Stand-ins for Slurm's commands: what they are told is kept, and the queue is a file. */
function fake(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(dir, name), 0o755)
}

beforeAll(() => {
  process.env['PATH'] = `${dir}:${path ?? ''}`
})
afterAll(() => {
  process.env['PATH'] = path
  rmSync(dir, { recursive: true })
})

describe('pilotScript', () => {
  test('asks for one array and runs the pipeline against the shared store', () => {
    const script = pilotScript({ ...options, gpus: 1, partition: 'gpu', runArguments: ['--set', "a.b=it's"] })
    expect(script.split('\n')).toEqual([
      '#!/bin/sh',
      '#SBATCH --job-name=etsef-1',
      '#SBATCH --array=1-3',
      '#SBATCH --cpus-per-task=2',
      '#SBATCH --mem=4000M',
      '#SBATCH --time=1:00:00',
      '#SBATCH --requeue',
      '#SBATCH --gres=gpu:1',
      '#SBATCH --partition=gpu',
      `#SBATCH --output=${options.storeDir}/logs/slurm-%A_%a.log`,
      "cd '/shared/my project' || exit 1",
      `exec npx --no-install etsef run p.yaml --store ${options.storeDir} --jobs 2 --json --gpus 1 --set 'a.b=it'\\''s'`,
      '',
    ])
  })

  test.each([
    { numPilots: 0 },
    { cpus: 1.5 },
    { timeLimit: '1\n#SBATCH --x' },
    { jobName: 'a b' },
    { partition: 'x;y' },
  ])('%o is refused', (wrong) => {
    expect(() => pilotScript({ ...options, ...wrong })).toThrow(RangeError)
  })
})

describe('submitPilots', () => {
  test('submits, waits until the queue is empty, cancels', async () => {
    fake('sbatch', `cat > ${dir}/script; echo '123;cluster'`)
    fake(
      'squeue',
      `n=$(cat ${dir}/polls 2>/dev/null || echo 0); echo $((n+1)) > ${dir}/polls; [ $n -lt 2 ] && echo 123_1; exit 0`,
    )
    fake('scancel', `echo "$@" > ${dir}/cancelled`)
    const pilots = await submitPilots(options)
    expect(pilots.jobId).toBe('123')
    expect(readFileSync(join(dir, 'script'), 'utf8')).toBe(pilotScript(options))
    await pilots.finished({ firstPollMs: 1, lastPollMs: 2 })
    expect(readFileSync(join(dir, 'polls'), 'utf8').trim()).toBe('3')
    await pilots.cancel()
    expect(readFileSync(join(dir, 'cancelled'), 'utf8').trim()).toBe('123')
  })

  test('a job that Slurm has forgotten is finished', async () => {
    fake('sbatch', 'cat > /dev/null; echo 5')
    fake('squeue', 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1')
    await (await submitPilots(options)).finished({ firstPollMs: 1 })
  })

  test('what Slurm refuses is said', async () => {
    fake('sbatch', 'cat > /dev/null; echo "Invalid partition" >&2; exit 1')
    await expect(submitPilots(options)).rejects.toMatchObject({ code: 'ERR_LOST', received: 'Invalid partition' })
  })
})
