import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRng } from '@etsef/plugin-api'
import { afterAll, expect, test, vi } from 'vitest'
import { childrenOf } from '../../test-fixtures/processes.js'
import { createProject } from '../../test-fixtures/project.js'

/** `ETSEF_KILLS=200` for the full figure; a few show the same in a second each. */
const numKills = Number(process.env['ETSEF_KILLS'] ?? 6)
const numWorkerKills = Number(process.env['ETSEF_WORKER_KILLS'] ?? 10)
const numInterrupts = Number(process.env['ETSEF_INTERRUPTS'] ?? 3)

const project = createProject()
afterAll(() => {
  project.remove()
})
const branches = Array.from(
  { length: 19 },
  (_, i) =>
    `  a${i}: { use: toy/scale, in: { features: split }, with: { factor: ${i + 1}, delayMs: 10 } }\n  b${i}: { use: toy/center, in: { features: a${i} } }\n`,
)
project.write(
  'forty.yaml',
  `nodes:
  points: { use: toy/points, with: { numSamples: 40 } }
  split: { use: toy/split-features, in: { features: points } }
${branches.join('')}  both: { use: toy/join, in: { features: [${branches.map((_, i) => `b${i}`).join(', ')}] } }
  near: { use: toy/nearest, in: { features: both } }
  scores: { use: toy/score, in: { predictions: near } }
`,
)
project.write(
  'slow.yaml',
  `nodes:\n  points: { use: toy/points }\n${Array.from({ length: 6 }, (_, i) => `  n${i}: { use: toy/scale, in: { features: points }, with: { factor: ${i}, delayMs: 3000 } }\n`).join('')}`,
)

/** Processes that work in the project's folder. */
function processesHere(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return readlinkSync(`/proc/${name}/cwd`) === project.dir ? [Number(name)] : []
      } catch {
        return []
      }
    })
}

async function untilNoProcess(timeoutMs: number): Promise<number> {
  const started = performance.now()
  while (processesHere().length > 0 && performance.now() - started < timeoutMs) await sleep(20)
  return performance.now() - started
}

function finishedKeys(storeDir: string): Set<string> {
  const dir = join(storeDir, 'store')
  return new Set(existsSync(dir) ? readdirSync(dir) : [])
}

function runsOf(storeDir: string): string[] {
  const runs = join(storeDir, 'runs')
  return existsSync(runs) ? readdirSync(runs) : []
}

/** Keys of the stages that a run started; a run that was killed before it began has no record. */
function startedKeys(storeDir: string, earlier: readonly string[]): string[] {
  const runs = join(storeDir, 'runs')
  const newest = runsOf(storeDir).find((run) => !earlier.includes(run))
  if (newest === undefined || !existsSync(join(runs, newest, 'run.json'))) return []
  const record = JSON.parse(readFileSync(join(runs, newest, 'run.json'), 'utf8')) as {
    readonly stages: Record<string, { readonly key: string }>
  }
  const events = readFileSync(join(runs, newest, 'events.jsonl'), 'utf8').split('\n')
  return events.flatMap((line) => {
    const match = /"type":"stage-started","stage":"([^"]+)"/.exec(line)
    return match ? [record.stages[match[1]!]!.key] : []
  })
}

test(`killing the coordinator ${numKills} times loses nothing and repeats nothing`, async () => {
  const whole = join(project.dir, 'whole')
  expect((await project.etsef('run', 'forty.yaml', '--store', whole, '-q')).code).toBe(0)
  const expected = project.artifacts(whole)
  const broken = join(project.dir, 'broken')
  const rng = createRng('kills')
  let repeated = 0
  let numDone = 0
  for (let kills = 0; kills < numKills;) {
    const before = finishedKeys(broken)
    const earlier = runsOf(broken)
    const child = project.spawn('run', 'forty.yaml', '--store', broken)
    const exited = once(child, 'exit')
    const isKilled = await Promise.race([
      exited.then(() => false),
      sleep(100 + rng.next() * 2500).then(() => child.kill('SIGKILL')),
    ])
    await exited
    await untilNoProcess(5000)
    repeated += startedKeys(broken, earlier).filter((key) => before.has(key)).length
    if (isKilled) kills++
    else {
      expect(project.artifacts(broken)).toEqual(expected)
      numDone++
      rmSync(broken, { recursive: true })
    }
  }
  expect((await project.etsef('run', 'forty.yaml', '--store', broken, '-q')).code).toBe(0)
  expect(project.artifacts(broken)).toEqual(expected)
  expect(repeated).toBe(0)
  expect(readdirSync(join(broken, 'tmp'))).toEqual([])
  expect(numDone).toBeGreaterThanOrEqual(0)
}, 3_600_000)

test(`killing workers ${numWorkerKills} times, idle and busy ones, fails no run`, async () => {
  const rng = createRng('worker-kills')
  const storeDir = join(project.dir, 'workers')
  let numFailed = 0
  for (let kills = 0; kills < numWorkerKills;) {
    rmSync(storeDir, { recursive: true, force: true })
    // Twice as many processes as stages run at a time: half of them wait, and a kill meets either.
    const child = project.spawn('run', 'forty.yaml', '--store', storeDir, '--jobs', '4', '-q')
    const exited = once(child, 'exit') as Promise<[number | null]>
    for (let numBefore = 0; child.exitCode === null && kills < numWorkerKills;) {
      await Promise.race([exited, sleep(20 + rng.next() * 80)])
      // One stage may be lost twice, not three times: a kill waits until the run has gone on since the last.
      const numNow = finishedKeys(storeDir).size
      if (numNow <= numBefore) continue
      numBefore = numNow
      const workers = childrenOf(child.pid!)
      const victim = workers[rng.integer(workers.length)]
      if (victim === undefined) continue
      try {
        process.kill(victim, 'SIGKILL')
        kills++
      } catch {
        // It has ended by itself meanwhile.
      }
    }
    const [code] = await exited
    if (code !== 0) numFailed++
  }
  expect(numFailed).toBe(0)
}, 3_600_000)

test(`Ctrl-C ${numInterrupts} times leaves no process and the next run resumes`, async () => {
  const rng = createRng('interrupts')
  let slowest = 0
  for (let i = 0; i < numInterrupts; i++) {
    const child = project.spawn('run', 'slow.yaml')
    const exited = once(child, 'exit') as Promise<[number | null]>
    await sleep(300 + rng.next() * 2000)
    const started = performance.now()
    child.kill('SIGINT')
    const [code] = await exited
    const tookMs = performance.now() - started + (await untilNoProcess(5000))
    slowest = Math.max(slowest, tookMs)
    // Before the handler is there, the signal itself ends the process.
    expect([130, null]).toContain(code)
    expect(processesHere()).toEqual([])
  }
  expect(slowest).toBeLessThan(2000)
}, 3_600_000)

test('when the coordinator is killed its workers end by themselves, even busy ones', async () => {
  project.write(
    'busy.yaml',
    'nodes:\n  points: { use: toy/points }\n  busy: { use: toy/trouble, in: { features: points }, with: { mode: busy } }\n',
  )
  const child = project.spawn('run', 'busy.yaml')
  const exited = once(child, 'exit')
  await vi.waitFor(
    () => {
      expect(processesHere().length).toBeGreaterThanOrEqual(2)
    },
    { timeout: 60_000, interval: 200 },
  )
  child.kill('SIGKILL')
  await exited
  await untilNoProcess(5000)
  expect(processesHere()).toEqual([])
}, 90_000)
