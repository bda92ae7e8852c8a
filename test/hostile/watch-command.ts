import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/etsef.js'
import type { Bounds } from './hostile-case.js'

/** How a command ended and what it used. */
export interface Watched {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly peakMb: number
  readonly cpuSeconds: number
  /** Why it was ended from outside; nothing where it ended by itself or by the interrupt. */
  readonly killedFor: 'memory' | 'time' | undefined
}

/** How a command is watched. */
export interface WatchOptions {
  readonly cwd: string
  /** Memory and processor time after which the command is killed. */
  readonly limits: Bounds
  /** One SIGINT is sent after so many milliseconds. */
  readonly interruptAfterMs?: number
}

const pollMs = 20
/** A command that waits (for a pipe, for a device) uses no processor time; the clock ends it, whatever else the machine does. */
const wallSeconds = 30
const ticksPerSecond = 100
const procNumbers = { utime: 11, stime: 12, childrenUtime: 13, childrenStime: 14 } as const

/**
 * Runs `etsef …` and measures it and the processes it starts, from outside: a command that is busy cannot report on itself.
 *
 * The command and its processes are killed at the limits.
 */
export function watchCommand(words: readonly string[], options: WatchOptions): Promise<Watched> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'packages/runner/bin/etsef.js'), ...words], {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    let [peakMb, cpuSeconds] = [0, 0]
    let killedFor: Watched['killedFor']
    const started = Date.now()
    const poll = setInterval(() => {
      const pids = processTree(child.pid ?? 0)
      const used = pids.map(usageOf)
      peakMb = Math.max(peakMb, sum(used.map(({ residentMb }) => residentMb)))
      cpuSeconds = Math.max(cpuSeconds, sum(used.map((usage) => usage.cpuSeconds)))
      if (peakMb > options.limits.memoryMb) killedFor ??= 'memory'
      if (cpuSeconds > options.limits.cpuSeconds || Date.now() - started > wallSeconds * 1000) killedFor ??= 'time'
      if (killedFor !== undefined) for (const pid of pids) kill(pid)
    }, pollMs)
    const interrupt =
      options.interruptAfterMs === undefined
        ? undefined
        : setTimeout(() => child.kill('SIGINT'), options.interruptAfterMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.on('error', fail)
    child.on('close', (code, signal) => {
      clearInterval(poll)
      clearTimeout(interrupt)
      done({ code, signal, ...output, peakMb, cpuSeconds, killedFor })
    })
  })
}

/** A process and all below it. */
function processTree(pid: number): readonly number[] {
  try {
    const threads = readdirSync(`/proc/${String(pid)}/task`)
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${String(pid)}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number),
    )
    return [pid, ...children.flatMap(processTree)]
  } catch {
    return [pid]
  }
}

/** Highest memory of a process so far, and its processor time with that of its ended children; nothing once it has ended. */
function usageOf(pid: number): { readonly residentMb: number; readonly cpuSeconds: number } {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
    // The second field is the name in parentheses, which may hold anything: what follows it is counted from there.
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const ticks = sum(Object.values(procNumbers).map((at) => Number(fields[at])))
    return { residentMb: Number(peak?.[1] ?? 0) / 1024, cpuSeconds: ticks / ticksPerSecond }
  } catch {
    return { residentMb: 0, cpuSeconds: 0 }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
