import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PipelineRequest } from '../src/run/check-pipeline.js'
import { checkPipeline } from '../src/run/check-pipeline.js'
import { keyPipeline } from '../src/run/key-pipeline.js'
import { runPipeline, type RunOptions, type RunOutcome } from '../src/run/run-pipeline.js'

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const toy = fileURLToPath(new URL('toy', import.meta.url))

/** What a command printed and ended with. */
export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A project in a temporary folder, with the toy plugin among its dependencies. */
export interface TestProject {
  readonly dir: string
  write(path: string, text: string): string
  read(path: string): string
  check(file: string, options?: Partial<PipelineRequest>): ReturnType<typeof checkPipeline>
  run(file: string, options?: RunOptions & { readonly request?: Partial<PipelineRequest> }): Promise<RunOutcome>
  etsef(...args: string[]): Promise<CommandResult>
  spawn(...args: string[]): ChildProcess
  /** Text of every file of every artifact, by key and path. */
  artifacts(storeDir?: string): Record<string, string>
  remove(): void
}

/** Makes a project. @param packages - Further plugin packages: name to files. */
export function createProject(packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): TestProject {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-runner-'))
  const write = (path: string, text: string): string => {
    const full = join(dir, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }
  mkdirSync(join(dir, 'node_modules/@fixture'), { recursive: true })
  symlinkSync(toy, join(dir, 'node_modules/@fixture/toy'))
  const dependencies = Object.fromEntries(['@fixture/toy', ...Object.keys(packages)].map((name) => [name, '*']))
  write('package.json', JSON.stringify({ name: 'project', private: true, dependencies }))
  for (const [name, files] of Object.entries(packages))
    for (const [path, text] of Object.entries(files)) write(`node_modules/${name}/${path}`, text)
  const request = (file: string, options: Partial<PipelineRequest> = {}): PipelineRequest => ({
    file,
    cwd: dir,
    storeDir: join(dir, '.etsef'),
    ...options,
  })
  return {
    dir,
    write,
    read: (path) => readFileSync(join(dir, path), 'utf8'),
    check: (file, options) => checkPipeline(request(file, options)),
    async run(file, { request: own, ...options } = {}) {
      return runPipeline(await keyPipeline(await checkPipeline(request(file, own))), options)
    },
    etsef: (...args) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [cli, ...args], { cwd: dir })
        let stdout = ''
        let stderr = ''
        child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
        child.on('close', (code, signal) => {
          resolve({ code, signal, stdout, stderr })
        })
      }),
    spawn: (...args) => spawn(process.execPath, [cli, ...args], { cwd: dir, stdio: 'ignore' }),
    artifacts(storeDir = join(dir, '.etsef')) {
      const root = join(storeDir, 'store')
      const files: Record<string, string> = {}
      for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
        if (entry.isFile())
          files[join(entry.parentPath, entry.name).slice(root.length + 1)] = readFileSync(
            join(entry.parentPath, entry.name),
          ).toString('latin1')
      }
      return files
    },
    remove() {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A pipeline of ten stages with a split, two branches, a join, two estimators and a report. */
export const tenStages = `name: toy
seed: 3
vars: { n: 40 }
nodes:
  points: { use: toy/points, with: { numSamples: "\${vars.n}" } }
  split: { use: toy/split-features, in: { features: points } }
  a: { use: toy/scale, in: { features: split } }
  b: { use: toy/scale, in: { features: split }, with: { factor: 3 } }
  both: { use: toy/join, in: { features: [a, b] } }
  centred: { use: toy/center, in: { features: both }, with: { k: 4 } }
  near: { use: toy/nearest, in: { features: centred } }
  scores: { use: toy/score, in: { predictions: near } }
`

/** Outcome of every stage. */
export function outcomesOf(outcome: RunOutcome): Record<string, string> {
  return Object.fromEntries(Object.entries(outcome.record.stages).map(([id, stage]) => [id, stage.outcome]))
}

/** Stages that were computed. */
export function computed(outcome: RunOutcome): string[] {
  return Object.entries(outcome.record.stages).flatMap(([id, stage]) => (stage.outcome === 'done' ? [id] : []))
}
