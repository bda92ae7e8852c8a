import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { testEngines } from '@etsef/nn/testing'
import { createRng } from '@etsef/plugin-api'
import { afterAll, expect, test } from 'vitest'
import { etsef, root, temporaryFolder } from '../support/etsef.js'

/** `ETSEF_TRAINING_KILLS=60` for the full figure: kills of each training stage on each engine, half of them while a checkpoint is written. */
const killsPerStage = Number(process.env['ETSEF_TRAINING_KILLS'] ?? 1)

const folder = temporaryFolder()
afterAll(() => {
  folder.dispose()
})

/**
 * Training stages in a chain, so that one trains at a time: three self-supervised ones, intermediate pre-training, fine-tuning in two
 * phases.
 */
const trainingOperations = [
  'simclr/pretrain',
  'simclr/supcon',
  'simclr/simsiam',
  'backbones/pretrain',
  'backbones/finetune',
]
const numStages = trainingOperations.length
const pipeline = join(folder.path, 'pipeline.yaml')
writeFileSync(
  pipeline,
  `
seed: 5
nodes:
  images: { use: data/phantoms, with: { modality: brain-t1, perClass: 8, size: 32, dataSeed: 1 } }
  split: { use: data/split, in: { images: images }, with: { train: 0.6, val: 0.2, test: 0.2 } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_3_relu, inputSize: 32 } }
  ssl: { use: simclr/pretrain, in: { images: split, init: start }, with: { epochs: 24, batchSize: 8, projection: [16, 8] } }
  classes: { use: simclr/supcon, in: { images: split, init: ssl }, with: { epochs: 24, batchSize: 8, chunk: 4, optimizer: lars, weightDecay: 0.0001, projection: [16, 8], projectionNorm: published } }
  siamese: { use: simclr/simsiam, in: { images: split, init: classes }, with: { epochs: 24, batchSize: 8, optimizer: adamW, weightDecay: 0.0001, projection: [16, 16], predictorWidth: 4 } }
  source: { use: backbones/pretrain, in: { images: split, init: siamese }, with: { epochs: 24, emaDecay: 0.9, schedule: plateau } }
  target: { use: backbones/finetune, in: { images: split, init: source }, with: { epochs: 24, headEpochs: 4, patience: 20, augment: light } }
`,
)

/** Every byte of the store's artifacts. */
function artifacts(store: string): Record<string, string> {
  const dir = join(store, 'store')
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(dir.length + 1), readFileSync(path).toString('latin1')]
    }),
  )
}

/** Keys of stages that train, which alone may have a folder of checkpoints, by the manifests of a whole run. */
function trainingKeys(store: string): readonly string[] {
  const dir = join(store, 'store')
  return readdirSync(dir).filter((key) => {
    const { manifest } = JSON.parse(readFileSync(join(dir, key, 'manifest.json'), 'utf8')) as {
      readonly manifest: { readonly operation: string; readonly part: string }
    }
    return manifest.part !== 'apply' && trainingOperations.includes(manifest.operation)
  })
}

function checkpointFiles(store: string, stage: string): readonly string[] {
  const dir = join(store, 'checkpoints', stage)
  return existsSync(dir) ? readdirSync(dir) : []
}

function checkpointFolders(store: string): readonly string[] {
  const dir = join(store, 'checkpoints')
  return existsSync(dir) ? readdirSync(dir) : []
}

/** The processes below one, at this instant. */
function descendants(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
    return children
      .split(' ')
      .filter((text) => text !== '')
      .flatMap((text) => [Number(text), ...descendants(Number(text))])
  } catch {
    return []
  }
}

function killAll(pid: number): void {
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // It had ended by itself.
    }
  }
}

/** Runs the pipeline until `isDue` says so, then kills every process of it; `true` when it ended before. */
async function runUntil(store: string, engine: string, isDue: () => boolean): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [join(root, 'packages/runner/bin/etsef.js'), 'run', pipeline, '--store', store, '--engine', engine, '-q'],
    {
      cwd: root,
      stdio: 'ignore',
    },
  )
  const exited = once(child, 'exit')
  while (child.exitCode === null && child.signalCode === null && !isDue()) await sleep(1)
  const hasEnded = child.exitCode !== null
  killAll(child.pid!)
  await exited
  return hasEnded
}

test.skipIf(process.platform !== 'linux').for(testEngines)(
  `on %s training stages killed ${String(numStages * killsPerStage)} times end with the bytes of a run that was left alone (needs /proc)`,
  async (engine) => {
    const whole = join(folder.path, engine, 'whole')
    const { code, stderr } = await etsef(['run', pipeline, '--store', whole, '--engine', engine, '-q'])
    expect(code, stderr).toBe(0)
    const expected = artifacts(whole)
    const keys = trainingKeys(whole)
    expect(keys).toHaveLength(numStages)
    const broken = join(folder.path, engine, 'broken')
    const rng = createRng('training kills')
    // Keys of the training stages, in the order in which they train.
    const stages: string[] = []
    let [kills, cutWrites] = [0, 0]
    for (let kill = 0; kill < numStages * killsPerStage; kill++) {
      const earlier = stages.slice(0, Math.floor(kill / killsPerStage))
      // Where fine-tuning was quicker than its kill, its answers are being computed, which have a folder, too.
      const training = () => checkpointFolders(broken).find((name) => keys.includes(name) && !earlier.includes(name))
      const isDuringWrite = kill % 2 === 1
      // From the first checkpoint of the stage on: at the next write, or after a while of training.
      let dueAt = Infinity
      const hasEnded = await runUntil(broken, engine, () => {
        const stage = training()
        if (stage === undefined) return false
        if (!stages.includes(stage)) stages.push(stage)
        const files = checkpointFiles(broken, stage)
        if (isDuringWrite) return files.some((name) => name.endsWith('.new'))
        if (dueAt === Infinity && files.some((name) => name.endsWith('.safetensors'))) {
          dueAt = performance.now() + 300 * rng.next()
        }
        return performance.now() >= dueAt
      })
      if (hasEnded) {
        // Too quick for a kill: what came of it must be right, and the next try starts over.
        expect(artifacts(broken)).toEqual(expected)
        rmSync(broken, { recursive: true })
        continue
      }
      kills++
      if (checkpointFiles(broken, training() ?? '').some((name) => name.endsWith('.new'))) cutWrites++
    }
    expect((await etsef(['run', pipeline, '--store', broken, '--engine', engine, '-q'])).code).toBe(0)
    const actual = artifacts(broken)
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
    for (const [path, bytes] of Object.entries(expected)) expect(actual[path] === bytes, path).toBe(true)
    expect(stages).toHaveLength(numStages)
    expect(kills).toBeGreaterThanOrEqual(3)
    process.stderr.write(
      `${engine}: killed ${String(kills)} times, ${String(cutWrites)} of them with a checkpoint half written\n`,
    )
  },
)
