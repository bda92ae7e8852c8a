import { artifactsOf, executions } from '@etsef/plugin-api/testing'
import { createRng } from '@etsef/plugin-api'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  executorProject,
  hurrySlurm,
  kill,
  removeFolder,
  slurmJobs,
  testRedis,
  whyNoRedis,
  whyNoSlurm,
} from '../support/executors.js'

/** `ETSEF_EXECUTOR_KILLS=50` for the full figure. */
const numKills = Number(process.env['ETSEF_EXECUTOR_KILLS'] ?? 3)

const project = executorProject()
afterAll(() => {
  project.dispose()
})

/** Two shared stages and 58 in 14 trials and a half: `points`, `split`; scale, fit, apply and score of each trial. */
project.write(
  'toy.yaml',
  `seed: 3
nodes:
  points: { use: toy/points, with: { numSamples: 40 } }
  split: { use: toy/split-features, in: { features: points } }
  scaled: { use: toy/scale, in: { features: split }, with: { delayMs: 100 } }
  near: { use: toy/nearest, in: { features: scaled } }
  scores: { use: toy/score, in: { predictions: near } }
`,
)
const numTrials = 15
project.write(
  'sixty.yaml',
  `pipeline: toy.yaml\ngrid: { scaled.factor: [${Array.from({ length: numTrials }, (_, i) => i + 1).join(', ')}] }\n`,
)
const numKeys = 2 + 4 * numTrials

let expected: Readonly<Record<string, string>>
beforeAll(async () => {
  const store = project.newStore()
  const child = project.spawn(['sweep', 'run', 'sixty.yaml', '--store', store, '-q'])
  child.stdout?.resume()
  child.stderr?.resume()
  await new Promise((resolve) => child.once('exit', resolve))
  expected = artifactsOf(store)
  expect(new Set(Object.keys(expected).map((path) => path.split('/')[0])).size).toBe(numKeys)
})

const locksOf = (store: string): readonly string[] => readdirSync(join(store, 'locks'))

interface Killed {
  readonly name: string
  readonly flags: readonly string[]
  /** Ends a thing, which goes on or is started again. @returns False when there was nothing to end. */
  readonly kills: Readonly<Record<string, (store: string) => boolean | Promise<boolean>>>
  start?(store: string): void
  end?(): void
  /** Whether anything waits or runs in the engine. */
  isBusy(): boolean
}

async function killOften({ name, flags, kills, ...engine }: Killed): Promise<void> {
  const rng = createRng(`kills of ${name}`)
  const counts: Record<string, number> = {}
  let store = ''
  let child: ChildProcess | undefined
  let output = ''
  let ended: Promise<number | null> = Promise.resolve(0)
  const begin = (): void => {
    output = ''
    const own = project.spawn(['sweep', 'run', 'sixty.yaml', '--store', store, '-q', ...flags])
    own.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    own.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    ended = new Promise((resolve) =>
      own.once('close', (code) => {
        resolve(code)
      }),
    )
    child = own
  }
  const check = (): void => {
    expect(artifactsOf(store)).toEqual(expected)
    // Published once: nothing was set aside for other bytes.
    expect(readdirSync(join(store, 'corrupt'))).toEqual([])
    expect(locksOf(store)).toEqual([])
    const attempts = executions(store)
    expect(attempts.size).toBe(numKeys)
    counts['attempts'] = (counts['attempts'] ?? 0) + [...attempts.values()].reduce((sum, each) => sum + each, 0)
    counts['keys'] = (counts['keys'] ?? 0) + numKeys
  }
  const all = [...Object.keys(kills), 'coordinator']
  let killed = 0
  while (killed < numKills) {
    store = project.newStore()
    engine.start?.(store)
    begin()
    let code: number | null | undefined
    void ended.then((each) => (code = each))
    while (killed < numKills && code === undefined) {
      await sleep(300 + rng.next() * 1500)
      const what = all[rng.integer(all.length)]!
      if (what === 'coordinator') {
        if (!existsSync(join(store, 'store'))) continue
        child?.kill('SIGKILL')
        await ended
        begin()
        code = undefined
        void ended.then((each) => (code = each))
      } else if (!(await kills[what]!(store))) continue
      counts[what] = (counts[what] ?? 0) + 1
      killed++
    }
    expect([await ended, output]).toEqual([0, expect.any(String)])
    // What orphans of a lost node still do ends by itself. Slurm asks its nodes about their jobs once a minute, and starts one again that is lost.
    for (let waits = 0; engine.isBusy() && waits < 1500; waits++) await sleep(200)
    expect(engine.isBusy()).toBe(false)
    // One that was killed between publishing and releasing leaves its lock, and one whose worker was lost may be at work still: a run that
    // finds everything made takes away what the dead left, and nothing stays locked.
    for (let tries = 0; tries < 60 && locksOf(store).length > 0; tries++) {
      await sleep(500)
      begin()
      expect([await ended, output]).toEqual([0, expect.any(String)])
    }
    check()
    engine.end?.()
    removeFolder(store)
  }
  process.stderr.write(`${name}: ${JSON.stringify(counts)}\n`)
}

/** One of the processes in which a stage is, or could be. */
const killStage = (): boolean => kill(project.stageProcesses()[0])

test(`local: ${String(numKills)} kills`, async () => {
  await killOften({
    name: 'local',
    flags: [],
    kills: { stage: killStage },
    isBusy: () => project.stageProcesses().length > 0,
  })
}, 3_600_000)

/** Kills what watches over the tasks of Slurm. */
function killSteps(): void {
  const { stdout } = spawnSync('squeue', ['--noheader', '--states=R', '--format=%A'], { encoding: 'utf8' })
  const steps = new Set(stdout.split('\n').map((job) => `slurmstepd: [${job.trim()}.batch]`))
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const file = `/proc/${name}/cmdline`
    if (existsSync(file) && steps.has(textOf(file).replaceAll('\u0000', ' ').trim())) kill(Number(name))
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

let numRestarts = 0

/** Kills the daemon of a node, which comes back. */
async function restartNode(dir: string, meanwhile: () => unknown = () => undefined): Promise<boolean> {
  const node = `n${String(1 + (numRestarts++ % 2))}`
  kill(Number(readFileSync(join(dir, `${node}.pid`), 'utf8')))
  meanwhile()
  await sleep(500)
  const again = spawn('slurmd', ['-N', node], { stdio: 'ignore' })
  await new Promise((resolve) => again.once('exit', resolve))
  return true
}

const noSlurm = whyNoSlurm()
describe.skipIf(noSlurm !== undefined)(`slurm${noSlurm === undefined ? '' : ` (skipped: ${noSlurm})`}`, () => {
  test(`${String(numKills)} kills`, async () => {
    const dir = dirname(process.env['SLURM_CONF']!)
    const hurry = setInterval(hurrySlurm, 1000)
    await killOften({
      name: 'slurm',
      flags: ['--executor', 'slurm', '--executor-option', 'pollSeconds=0.5', '--executor-option', 'groupSeconds=5'],
      kills: {
        stage: killStage,
        task: () => kill(project.processes('dist/executor/task-main.js')[0]),
        slurmd: () => restartNode(dir),
        // Slurm loses sight of the tasks as well: it starts them again, while their processes go on.
        node: () => restartNode(dir, killSteps),
      },
      isBusy: () => slurmJobs().length > 0,
    })
    clearInterval(hurry)
  }, 3_600_000)
})

const noRedis = whyNoRedis()
describe.skipIf(noRedis !== undefined)(`bullmq${noRedis === undefined ? '' : ` (skipped: ${noRedis})`}`, () => {
  test(`${String(numKills)} kills`, async () => {
    const redis = testRedis(join(project.dir, 'redis'), 17_380)
    await redis.start()
    const workers: ChildProcess[] = []
    const begin = (store: string): void => {
      const words = [
        'worker',
        '--redis',
        redis.url,
        '--store',
        store,
        '--jobs',
        '2',
        '--executor-option',
        'lockSeconds=2',
      ]
      const worker = project.spawn(words)
      worker.stdout?.resume()
      worker.stderr?.resume()
      workers.push(worker)
    }
    try {
      await killOften({
        name: 'bullmq',
        flags: ['--executor', 'bullmq', '--executor-option', `redis=${redis.url}`],
        start(store) {
          begin(store)
          begin(store)
        },
        end() {
          for (const worker of workers.splice(0)) worker.kill('SIGKILL')
        },
        kills: {
          stage: killStage,
          worker(store) {
            workers.shift()?.kill('SIGKILL')
            begin(store)
            return true
          },
          redis: async () => {
            await redis.stop()
            await sleep(300)
            await redis.start()
            return true
          },
        },
        isBusy: () => false,
      })
    } finally {
      for (const worker of workers) worker.kill('SIGKILL')
      await redis.stop()
    }
  }, 3_600_000)
})
