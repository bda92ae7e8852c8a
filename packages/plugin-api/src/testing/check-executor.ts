import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'

/** An executor at work in a project, as its conformance suite sees it. */
export interface ExecutorSubject {
  readonly name: string
  /** Flags that choose it: `--executor slurm`; none for the runner's own. */
  readonly flags: readonly string[]
  /** A folder for a new store; what the executor needs beside it (workers) is there. */
  store(): Promise<string>
  /** Begins `etsef` in the project. */
  spawn(words: readonly string[]): ChildProcess
  /**
   * Writes a pipeline of stages that do not wait for each other.
   *
   * @param options - `delayMs`: how long each takes; `dies`: one of them ends its own process the first time.
   * @returns Its file, and how many distinct stages it has in all.
   */
  pipeline(options: { readonly numStages: number; readonly delayMs: number; readonly dies?: boolean }): {
    readonly file: string
    readonly numKeys: number
  }
  /** Kills one of the processes that stages of the store run in. @returns False when there was none. */
  killWorker(storeDir: string): boolean
  /** Whether anything still works, or waits to work, for the store. */
  isAtWork(storeDir: string): boolean
}

/** How often each key was begun in a store, by the logs of the attempts. */
export function executions(storeDir: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const logs = join(storeDir, 'logs')
  for (const run of existsSync(logs) ? readdirSync(logs) : [])
    for (const name of readdirSync(join(logs, run)))
      for (const [, key] of readFileSync(join(logs, run, name), 'utf8').matchAll(
        /, attempt \d+, key ([0-9a-f]{64})$/gm,
      ))
        counts.set(key!, (counts.get(key!) ?? 0) + 1)
  return counts
}

/** Bytes of every file of every artifact of a store, by key and path. */
export function artifactsOf(storeDir: string): Readonly<Record<string, string>> {
  const root = join(storeDir, 'store')
  const files = existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : []
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(root.length + 1), readFileSync(path).toString('latin1')]),
  )
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

/**
 * Registers the conformance suite of executors: a hundred stages; a worker that dies, and one that is killed; a coordinator that is killed;
 * a run that is cancelled; two runs at once. Whatever happens, every key is published once, with the bytes that a quiet run gives.
 */
export function checkExecutor(subject: ExecutorSubject): void {
  const started = (words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
    const child = subject.spawn(words)
    let output = ''
    const listen = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) => {
        resolve({ code, output })
      })
    })
    return { child, ended }
  }
  const begin = (file: string, store: string): ReturnType<typeof started> =>
    started(['run', file, '--store', store, '--json', ...subject.flags])
  const quietBytes = async (file: string): Promise<Readonly<Record<string, string>>> => {
    const store = await subject.store()
    expect(await started(['run', file, '--store', store, '--json']).ended).toMatchObject({ code: 0 })
    return artifactsOf(store)
  }
  const numPublished = (store: string): number =>
    existsSync(join(store, 'store')) ? readdirSync(join(store, 'store')).length : 0
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await sleep(50)
  }
  const begun = (store: string): readonly number[] => [...executions(store).values()]

  describe(`executor ${subject.name} conforms`, () => {
    test('a hundred stages: each key is run once', async () => {
      const { file, numKeys } = subject.pipeline({ numStages: 100, delayMs: 0 })
      const store = await subject.store()
      expect(await begin(file, store).ended).toMatchObject({ code: 0 })
      expect(begun(store)).toEqual(Array.from({ length: numKeys }, () => 1))
      expect(artifactsOf(store)).toEqual(await quietBytes(file))
    }, 300_000)

    test('a stage whose process dies is tried again, and its attempts are counted', async () => {
      const { file } = subject.pipeline({ numStages: 3, delayMs: 0, dies: true })
      const store = await subject.store()
      const { code, output } = await begin(file, store).ended
      expect([code, output]).toEqual([0, expect.anything()])
      const [run] = readdirSync(join(store, 'runs'))
      // Written by the runner.
      const record = JSON.parse(readFileSync(join(store, 'runs', run!, 'run.json'), 'utf8')) as {
        readonly stages: Readonly<Record<string, { readonly attempts: number }>>
      }
      expect(
        Object.values(record.stages)
          .map(({ attempts }) => attempts)
          .filter((attempts) => attempts > 1),
      ).toEqual([2])
    }, 300_000)

    test('a worker that is killed costs no result', async () => {
      const { file } = subject.pipeline({ numStages: 12, delayMs: 300 })
      const store = await subject.store()
      const { ended } = begin(file, store)
      await until(() => numPublished(store) > 2)
      await until(() => subject.killWorker(store))
      expect(await ended).toMatchObject({ code: 0 })
      expect(artifactsOf(store)).toEqual(await quietBytes(file))
    }, 300_000)

    test('a coordinator that is killed costs no finished stage, and the next one goes on', async () => {
      const { file, numKeys } = subject.pipeline({ numStages: 12, delayMs: 300 })
      const store = await subject.store()
      const { child, ended } = begin(file, store)
      await until(() => numPublished(store) > 3)
      child.kill('SIGKILL')
      await ended
      const before = new Set(readdirSync(join(store, 'store')))
      const countsBefore = executions(store)
      expect(await begin(file, store).ended).toMatchObject({ code: 0 })
      const counts = executions(store)
      expect([...before].filter((key) => counts.get(key) !== countsBefore.get(key))).toEqual([])
      expect(counts.size).toBe(numKeys)
      expect(artifactsOf(store)).toEqual(await quietBytes(file))
      await until(() => !subject.isAtWork(store))
    }, 300_000)

    test('a run that is cancelled leaves nothing at work, and can be taken up again', async () => {
      const { file } = subject.pipeline({ numStages: 12, delayMs: 300 })
      const store = await subject.store()
      const { child, ended } = begin(file, store)
      await until(() => numPublished(store) > 2)
      child.kill('SIGINT')
      expect(await ended).toMatchObject({ code: 130 })
      await until(() => !subject.isAtWork(store))
      const numThen = numPublished(store)
      await sleep(600)
      expect(numPublished(store)).toBe(numThen)
      expect(await begin(file, store).ended).toMatchObject({ code: 0 })
      expect(artifactsOf(store)).toEqual(await quietBytes(file))
    }, 300_000)

    test('of two runs at once each makes what the other does not', async () => {
      const { file, numKeys } = subject.pipeline({ numStages: 12, delayMs: 200 })
      const store = await subject.store()
      const both = await Promise.all([begin(file, store).ended, begin(file, store).ended])
      expect(both.map(({ code, output }) => [code, code === 0 ? '' : output])).toEqual([
        [0, ''],
        [0, ''],
      ])
      expect(begun(store)).toEqual(Array.from({ length: numKeys }, () => 1))
      expect(artifactsOf(store)).toEqual(await quietBytes(file))
    }, 300_000)
  })
}
