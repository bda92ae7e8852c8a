import type { ExecutorTask } from '@etsef/plugin-api'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { taskArrays } from './arrays.js'
import { batchScript, quote } from './batch-script.js'

function task(id: string, level: number, resources: Partial<ExecutorTask['resources']> = {}): ExecutorTask {
  return { id, node: id, file: '', command: [], after: [], level, resources: { cpus: 1, memoryMb: 100, ...resources } }
}

describe('taskArrays', () => {
  test('one array for each level and class of resources, producers first', () => {
    const tasks = [task('c', 1), task('a', 0), task('b', 0, { memoryMb: 200 }), task('g', 0, { gpus: 1 }), task('d', 1)]
    const arrays = taskArrays(tasks, 1000)
    expect(arrays.map((array) => [array.tasks.map(({ id }) => id).join(' '), array.gpus, array.memoryMb])).toEqual([
      ['a b', 0, 512],
      ['g', 1, 512],
      ['c d', 0, 512],
    ])
  })

  test('no array is longer than Slurm takes', () => {
    const tasks = Array.from({ length: 25 }, (_, index) => task(`t${index}`, 0))
    expect(taskArrays(tasks, 10).map((array) => array.tasks.length)).toEqual([10, 10, 5])
  })
})

describe('batchScript', () => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-batch-'))
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  /** Runs the script as Slurm would, with a stand-in for scontrol that writes down what it is told. */
  function run(
    lines: readonly string[],
    index: number,
    restarts = '0',
  ): { readonly status: number | null; readonly told: string } {
    const commandsFile = join(dir, "it's commands")
    const told = join(dir, 'told')
    writeFileSync(commandsFile, lines.map((line) => `${line}\n`).join(''))
    writeFileSync(told, '')
    writeFileSync(join(dir, 'scontrol'), `#!/bin/sh\necho "$@" >> ${told}\nexit 1\n`, { mode: 0o755 })
    const { status } = spawnSync('bash', ['-c', batchScript({ commandsFile, root: dir, againCode: 75 })], {
      env: {
        PATH: `${dir}:${process.env['PATH'] ?? ''}`,
        SLURM_ARRAY_TASK_ID: String(index),
        SLURM_JOB_ID: '5',
        SLURM_RESTART_COUNT: restarts,
      },
    })
    return { status, told: readFileSync(told, 'utf8').trim() }
  }

  test('each task runs its own line, and ends as its command does', () => {
    const words = ['sh', '-c', `echo "$0" > out; exit 3`, "it's one"]
    expect(run(['exit 9', words.map(quote).join(' ')], 1)).toEqual({ status: 3, told: '' })
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe("it's one\n")
  })

  test('a task that says so is queued again; one that was killed only so often', () => {
    expect(run(["sh -c 'exit 75'"], 0, '40').told).toBe('requeue 5')
    expect(run(["sh -c 'kill -9 $$'"], 0, '4').told).toBe('requeue 5')
    expect(run(["sh -c 'kill -9 $$'"], 0, '5')).toEqual({ status: 137, told: '' })
  })

  test('the warning before the wall time reaches the task itself', () => {
    const command = `sh -c 'trap "exit 75" USR1; kill -USR1 $PPID; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done; exit 1'`
    expect(run([command], 0)).toEqual({ status: 75, told: 'requeue 5' })
  })
})
