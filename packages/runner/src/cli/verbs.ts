import type { FlagName } from './flags.js'

/** A word behind a verb. */
export interface Word {
  readonly name: string
  readonly isOptional?: true
  /** It may stand several times. */
  readonly isRepeatable?: true
  /** What it may be, for completion; the verb checks it. */
  readonly choices?: readonly string[]
}

/** A verb: what it does and what may follow it. */
export interface Verb {
  readonly summary: string
  readonly words: readonly Word[]
  readonly flags: readonly FlagName[]
}

const file: Word = { name: 'file' }
const pipelineFlags: readonly FlagName[] = ['set', 'profile', 'seed', 'engine', 'store', 'paranoid', 'plugin']
const variantFlags: readonly FlagName[] = ['profile', 'engine', 'store', 'paranoid']
const executorFlags: readonly FlagName[] = ['executor', 'executor-option']
const runFlags: readonly FlagName[] = [
  ...executorFlags,
  ...(['jobs', 'gpus', 'on-error', 'retries', 'timeout', 'out', 'log', 'tag'] as const),
]
const selectionFlags: readonly FlagName[] = ['to', 'from', 'only', 'memory']

/** Flags of every verb. */
export const commonFlags: readonly FlagName[] = ['json', 'quiet']

/** Every verb of `etsef`. */
export const verbs = {
  validate: {
    summary: 'every problem of the pipeline, with file, line and column',
    words: [file],
    flags: pipelineFlags,
  },
  plan: {
    summary: 'what a run would do with each node, and why',
    words: [file],
    flags: [...pipelineFlags, ...selectionFlags],
  },
  run: {
    summary: 'computes what is not cached; every run is a resume',
    words: [file],
    flags: [...pipelineFlags, ...selectionFlags, ...runFlags],
  },
  init: {
    summary: 'looks at a folder of images, one sub-folder per class, or at a table, and writes a pipeline',
    words: [{ name: 'folder' }],
    flags: ['out', 'force', 'store'],
  },
  demo: {
    summary: 'writes the example pipeline of the installed packages and runs it',
    words: [],
    flags: [...pipelineFlags, ...selectionFlags, ...runFlags],
  },
  predict: {
    summary: 'answers of a run or bundle for new pictures: a file, a folder, or - for paths on standard input',
    words: [{ name: 'run' }, { name: 'pictures' }],
    flags: ['store', 'engine', 'node', 'format', 'out', 'labels', 'batch', 'sets', 'maps'],
  },
  bundle: {
    summary: 'what a run has fitted, up to a node, as one folder that answers for pictures without store or data',
    words: [{ name: 'run' }],
    flags: ['store', 'engine', 'node', 'sets', 'out'],
  },
  serve: {
    summary: 'answers of a bundle over HTTP, on this machine alone unless told otherwise',
    words: [{ name: 'bundle' }],
    flags: [
      ...(['engine', 'sets', 'host', 'port', 'token-file'] as const),
      ...(['concurrency', 'max-pending', 'max-body', 'max-pixels', 'timeout'] as const),
    ],
  },
  sweep: {
    summary: 'many variants of a pipeline as one run: what it would do, does, and has done',
    words: [{ name: 'action', choices: ['plan', 'run', 'resume', 'status', 'cancel'] }, file],
    flags: [...variantFlags, ...executorFlags, 'jobs', 'gpus', 'memory', 'retries', 'timeout', 'log', 'tag'],
  },
  worker: {
    summary: 'takes stages of a queue until it is interrupted, for an executor whose workers are started by hand',
    words: [],
    flags: ['store', 'redis', 'jobs', 'gpus', 'executor', 'executor-option'],
  },
  table: {
    summary: 'what the trials of a sweep say: mean, interval over repeats, difference to a baseline',
    words: [file],
    flags: [...variantFlags, 'group-by', 'baseline', 'metric', 'mean-of', 'goal', 'format', 'out'],
  },
  resolve: {
    summary: 'the pipeline with extends, variables and overrides resolved',
    words: [file],
    flags: [...pipelineFlags, 'annotate', 'out'],
  },
  graph: {
    summary: 'the graph as mermaid, dot or svg',
    words: [file],
    flags: [...pipelineFlags, 'format', 'out'],
  },
  preview: {
    summary: 'pictures of a node as a sheet: the originals, and random views or copies with what was drawn for them',
    words: [file, { name: 'node' }],
    flags: [...pipelineFlags, 'rows', 'draws', 'out'],
  },
  explain: {
    summary: "the first thing in which a node's key differs from the last run",
    words: [file, { name: 'node' }],
    flags: pipelineFlags,
  },
  schema: {
    summary: 'JSON Schema of pipelines for editors, of all installed operations',
    words: [],
    flags: ['out'],
  },
  plugins: {
    summary: 'installed operations, or the ports and options of one; check FOLDER and new-operation NAME for authors',
    words: [
      { name: 'action', isOptional: true, choices: ['list', 'info', 'check', 'new-operation'] },
      { name: 'name', isOptional: true },
    ],
    flags: ['kind'],
  },
  runs: {
    summary: 'past runs, or the record of one',
    words: [{ name: 'run', isOptional: true }],
    flags: ['store'],
  },
  report: {
    summary: 'one page that tells what a run was and what it found; --out FOLDER for tables and figures, too',
    words: [{ name: 'run', isOptional: true }],
    flags: ['store', 'out', 'use'],
  },
  compare: {
    summary: 'in what runs differ, and what that did to their figures; --out PAGE for overlaid curves',
    words: [{ name: 'run', isRepeatable: true }],
    flags: ['store', 'out', 'use'],
  },
  export: {
    summary: 'figures of runs, by default of the newest, for another program: --to tensorboard, mlflow, csv or parquet',
    words: [{ name: 'run', isOptional: true, isRepeatable: true }],
    flags: ['store', 'to', 'out'],
  },
  replay: {
    summary: 'runs a recorded pipeline (or the run.json of another machine) again and compares every artifact',
    words: [{ name: 'run' }],
    flags: ['store', 'engine', 'jobs'],
  },
  cache: {
    summary: 'size of the store; collects what old runs used; checks every byte',
    words: [{ name: 'action', choices: ['du', 'gc', 'verify'] }],
    flags: ['store', 'keep-runs', 'max-bytes', 'dry-run'],
  },
  doctor: {
    summary: 'what this machine has, and what is missing',
    words: [],
    flags: ['store'],
  },
  engine: {
    summary: 'gets the best tensor engine this machine can have',
    words: [{ name: 'action', choices: ['install', 'probe'] }],
    flags: ['force'],
  },
  weights: {
    summary: 'published weights: list, pull NAME, verify [NAME or FILE]',
    words: [
      { name: 'action', choices: ['list', 'pull', 'verify'] },
      { name: 'names', isOptional: true, isRepeatable: true },
    ],
    flags: ['dir'],
  },
} as const satisfies Readonly<Record<string, Verb>>

/** Name of a verb. */
export type VerbName = keyof typeof verbs

/** Whether there is a verb of the name. */
export function isVerb(name: string): name is VerbName {
  return Object.hasOwn(verbs, name)
}
