import { formatError, PipelineError } from '@etsef/plugin-api'
import { resolve } from 'node:path'
import { InvalidPipeline } from '../errors.js'
import { findProjectRoot } from '../registry/find-project.js'
import { storeDirOf } from '../run/store-dir.js'
import { storeProblem } from '../store/store-problem.js'
import { Answered, parseArguments, UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { outProblem } from './named-path.js'
import { formatProblem, type Output } from './output.js'
import type { VerbName } from './verbs.js'

type Verb = (args: Arguments, output: Output) => Promise<number>

/** Verbs load their code when they are used: `validate` pays for no executor. */
const loaders: Readonly<Record<VerbName, () => Promise<Verb>>> = {
  validate: async () => (await import('./validate.js')).validate,
  plan: async () => (await import('./plan.js')).plan,
  run: async () => (await import('./run.js')).run,
  init: async () => (await import('./init.js')).init,
  demo: async () => (await import('./demo.js')).demo,
  predict: async () => (await import('./predict.js')).predict,
  bundle: async () => (await import('./bundle.js')).bundle,
  serve: async () => (await import('./serve.js')).serve,
  sweep: async () => (await import('./sweep.js')).sweep,
  worker: async () => (await import('./worker.js')).worker,
  table: async () => (await import('./table.js')).table,
  resolve: async () => (await import('./resolve.js')).resolve,
  preview: async () => (await import('./preview.js')).preview,
  graph: async () => (await import('./graph.js')).graph,
  explain: async () => (await import('./explain.js')).explain,
  schema: async () => (await import('./schema.js')).schema,
  plugins: async () => (await import('./plugins.js')).plugins,
  runs: async () => (await import('./runs.js')).runs,
  compare: async () => (await import('./compare.js')).compare,
  report: async () => (await import('./report.js')).report,
  export: async () => (await import('./export.js')).exportRuns,
  replay: async () => (await import('./replay.js')).replay,
  cache: async () => (await import('./cache.js')).cache,
  doctor: async () => (await import('./doctor.js')).doctor,
  engine: async () => (await import('./engine.js')).engine,
  weights: async () => (await import('./weights.js')).weights,
}

/** Runs a command line. @returns The exit code. */
export async function main(argv: readonly string[], cwd: string): Promise<number> {
  const output: Output = {
    line: (text) => process.stdout.write(`${text}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
    isTerminal: process.stderr.isTTY,
  }
  let args: Arguments | undefined
  try {
    args = await parseArguments(argv, cwd)
    const verb = await loaders[args.verb]()
    return await verb(args, output)
  } catch (thrown) {
    return report(thrown, args, cwd, output)
  }
}

function report(thrown: unknown, args: Arguments | undefined, cwd: string, output: Output): number {
  const isJson = args?.isJson ?? false
  if (thrown instanceof Answered) return thrown.exitCode
  const storeDir = storeDirOf(findProjectRoot(cwd), cwd, args?.values.store)
  const out = args?.values.out
  const error =
    storeProblem(thrown, storeDir) ?? (out === undefined ? undefined : outProblem(thrown, resolve(cwd, out))) ?? thrown
  if (error instanceof UsageError) {
    output.note(`etsef: ${error.message}\nRun "etsef --help" for the verbs and flags.`)
    return exitCodes.invalid
  }
  const problems =
    error instanceof InvalidPipeline ? error.problems : error instanceof PipelineError ? [error] : undefined
  if (!problems) {
    output.note(crashText(thrown))
    return exitCodes.crashed
  }
  if (problems.every(({ code }) => code === 'ERR_CANCELLED')) {
    output.note('interrupted')
    return exitCodes.interrupted
  }
  if (isJson) output.line(JSON.stringify({ valid: false, status: 'invalid', problems }))
  else {
    const root = findProjectRoot(cwd)
    for (const error of problems)
      output.line(`${error.place ? formatProblem(error, root, args?.values.set) : formatError(error)}\n`)
    output.line(`${String(problems.length)} problem${problems.length === 1 ? '' : 's'}`)
  }
  // The machine failed (a full disk, for instance), so nothing is said about the pipeline being wrong.
  return problems.some(({ code }) => code === 'ERR_STORE' || code === 'ERR_EXECUTOR')
    ? exitCodes.failed
    : exitCodes.invalid
}

function crashText(thrown: unknown): string {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return `etsef made a mistake; what it was doing can be started again:\n${text}`
}

// A reader such as `| head` closes the pipe when it has enough. Later output is dropped without an error, and a run goes on to its end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EPIPE' && thrown.code !== 'ERR_STREAM_DESTROYED') throw thrown
  })
}

// What is thrown where nobody waits for it is a mistake of ours, too.
process.on('uncaughtException', (thrown) => {
  process.stderr.write(`${crashText(thrown)}\n`)
  process.exit(exitCodes.crashed)
})

const exitCode = await main(process.argv.slice(2), process.cwd())
// An interrupt has said which signal it was.
process.exitCode = exitCode === exitCodes.interrupted ? (process.exitCode ?? exitCode) : exitCode
// A timer or socket that a plugin left open would keep the process alive, so it is ended here, after all output is written.
const streams = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0)
await Promise.all(
  streams.map(
    (stream) =>
      new Promise<void>((resolve) =>
        stream.write('', () => {
          resolve()
        }),
      ),
  ),
)
process.exit()
