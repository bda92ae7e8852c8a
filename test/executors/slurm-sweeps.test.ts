import { executions } from '@etsef/plugin-api/testing'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { executorProject, hurrySlurm, slurmJobs, whyNoSlurm } from '../support/executors.js'
import { root } from '../support/etsef.js'

const why = whyNoSlurm()
const project = executorProject()
afterAll(() => {
  project.dispose()
})

/** `ETSEF_TRIALS=20,200` for the full figure. */
const trials = (process.env['ETSEF_TRIALS'] ?? '20').split(',').map(Number)

// The user of munge comes in, too.
chmodSync(project.dir, 0o755)
project.write(
  'toy.yaml',
  `nodes:
  points: { use: toy/points, with: { numSamples: 40 } }
  split: { use: toy/split-features, in: { features: points } }
  scaled: { use: toy/scale, in: { features: split } }
  near: { use: toy/nearest, in: { features: scaled } }
  scores: { use: toy/score, in: { predictions: near } }
`,
)

interface Ended {
  readonly code: number | null
  readonly output: string
}

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const flags = ['--executor', 'slurm', '--executor-option', 'pollSeconds=0.5']
  const child = project.spawn([...words, ...flags], env)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) =>
    child.once('close', (code) => {
      resolve({ code, output })
    }),
  )
}

/** Nodes that Slurm says the jobs of a store's runs were on. */
function nodesOf(store: string): readonly string[] {
  const completed = readFileSync(join(dirname(process.env['SLURM_CONF']!), 'completed'), 'utf8').split('\n')
  const names = readdirSync(join(store, 'runs')).map((each) => `Name=etsef-${each} `)
  const lines = completed.filter((line) => names.some((name) => line.includes(name)))
  return [...new Set(lines.flatMap((line) => /NodeList=(\S+)/.exec(line)?.[1] ?? []))].sort()
}

describe.skipIf(why !== undefined)(`slurm${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test.each(trials)('%i trials on two nodes: executed ÷ distinct is 1', async (numTrials) => {
    const factors = Array.from({ length: numTrials }, (_, index) => index + 1).join(', ')
    const file = project.write(
      `trials-${String(numTrials)}.yaml`,
      `pipeline: toy.yaml\ngrid: { scaled.factor: [${factors}] }\n`,
    )
    const store = project.newStore()
    const { code, output } = await run(['sweep', 'run', file, '--store', store, '--json'])
    expect([code, output]).toEqual([0, expect.stringContaining('"status":"ok"')])
    const counts = [...executions(store).values()]
    expect(counts).toHaveLength(2 + 4 * numTrials)
    expect(counts.reduce((sum, each) => sum + each, 0) / counts.length).toBe(1)
    expect(nodesOf(store)).toEqual(['n1', 'n2'])
  })

  test('a stage that asks for a GPU has one of its own; one that does not sees none', async () => {
    const folder = join(project.dir, 'gpus')
    const gpu = `with: { gpus: 1, together: 3, folder: ${folder}`
    const file = project.write(
      'gpus.yaml',
      `nodes:
  points: { use: toy/points }
  one: { use: toy/devices, in: { features: points }, ${gpu}, note: a } }
  two: { use: toy/devices, in: { features: points }, ${gpu}, note: b } }
  three: { use: toy/devices, in: { features: points }, ${gpu}, note: c } }
  none: { use: toy/devices, in: { features: points } }
`,
    )
    const { code, output } = await run(['run', file, '--gpus', '1', '--store', project.newStore()], {
      CUDA_VISIBLE_DEVICES: '0,1',
    })
    expect([code, output]).toEqual([0, expect.anything()])
    expect(readdirSync(folder)).toHaveLength(3)
  })

  test('what sbatch refuses is shown where it stands in the pipeline, and nothing stays submitted', async () => {
    const file = project.write(
      'refused.yaml',
      `nodes:
  points: { use: toy/points }
  many: { use: toy/devices, in: { features: points }, with: { gpus: 64, folder: ${project.dir} } }
`,
    )
    const { code, output } = await run(['run', file, '--gpus', '64', '--store', project.newStore()])
    expect(code).toBe(1)
    expect(output).toMatch(/ERR_EXECUTOR {2}refused\.yaml:3:\d+[^]*64 GPUs[^]*received {2}sbatch: error/)
    expect(slurmJobs()).toEqual([])
  })

  test('before its wall time a task stops, is queued again and goes on from its checkpoint', async () => {
    const log = join(project.dir, 'counts')
    rmSync(log, { force: true })
    const file = project.write(
      'epochs.yaml',
      `nodes:
  points: { use: toy/points }
  slow: { use: toy/epochs, in: { features: points }, with: { count: 40, delayMs: 1000, log: ${log} } }
`,
    )
    const hurry = setInterval(hurrySlurm, 1000)
    // Slurm looks at the clocks of jobs every 30 s and warns as much too early rather than too late: here, from the 5th to the 35th second.
    const { code, output } = await run([
      ...['run', file, '--store', project.newStore(), '--log', 'json'],
      ...['--executor-option', 'time=1:00', '--executor-option', 'warnSeconds=25'],
    ])
    clearInterval(hurry)
    expect([code, output]).toEqual([0, expect.anything()])
    const counts = readFileSync(log, 'utf8').trim().split('\n').map(Number)
    const numStarts = output.match(/"type":"stage-started","stage":"slow"/g)?.length ?? 0
    expect(numStarts).toBeGreaterThanOrEqual(2)
    // One that was interrupted may be counted twice, those before it are not.
    expect(counts.length - new Set(counts).size).toBeLessThan(numStarts)
    expect(counts.at(-1)).toBe(39)
  })

  test('an array is no longer than Slurm takes', async () => {
    const dir = join(project.dir, 'slurm')
    const env = { ETSEF_SLURM_ARRAY: '10', ETSEF_SLURM_PORT: '17100', SLURM_CONF: join(dir, 'slurm.conf') }
    const script = (name: string): void => {
      const { status, stderr } = spawnSync(join(root, '.ci', name), [dir], {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      })
      expect([status, stderr]).toEqual([0, ''])
    }
    script('slurm-up')
    try {
      const stages = Array.from(
        { length: 25 },
        (_, index) =>
          `  s${String(index)}: { use: toy/scale, in: { features: points }, with: { factor: ${String(index + 1)} } }\n`,
      )
      const file = project.write('wide.yaml', `nodes:\n  points: { use: toy/points }\n${stages.join('')}`)
      const store = project.newStore()
      const words = ['run', file, '--store', store, '-q', '--executor-option', 'groupSeconds=0']
      expect(await run(words, env)).toMatchObject({ code: 0 })
      const [own] = readdirSync(join(store, 'runs'))
      const arrays = readdirSync(join(store, 'runs', own!, 'tasks')).filter((name) => name.endsWith('.ids'))
      const sizes = arrays.map(
        (name) =>
          readFileSync(join(store, 'runs', own!, 'tasks', name), 'utf8')
            .trim()
            .split('\n').length,
      )
      expect(sizes.sort((a, b) => a - b)).toEqual([1, 5, 10, 10])
      expect([...executions(store).values()]).toEqual(Array.from({ length: 26 }, () => 1))
    } finally {
      script('slurm-down')
    }
    expect(existsSync(dir)).toBe(false)
  })
})
