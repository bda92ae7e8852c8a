import { setKinds } from '../predict/set-kind.js'

/** A flag of the command line. */
export interface Flag {
  readonly short?: string
  /** What stands behind it, in capitals; left out: nothing, it is a switch. */
  readonly value?: string
  /** It may be given several times. */
  readonly isRepeatable?: true
  /** What may stand behind it, for completion; the verb checks it. */
  readonly choices?: readonly string[]
  readonly summary: string
}

/** Every flag of every verb. */
export const flags = {
  set: {
    value: 'PATH=VALUE',
    isRepeatable: true,
    summary: 'vars.data=…, node.option=…, node.use=…, node.in.port=…, seed=…; repeatable',
  },
  profile: { value: 'NAME', summary: 'lays a profile of the file over it' },
  seed: { value: 'N', summary: 'seed of the run' },
  engine: { value: 'NAME', summary: 'tensor engine' },
  store: { value: 'DIR', summary: 'default: .etsef beside package.json, or ETSEF_STORE' },
  paranoid: { summary: 'reads every byte again, whatever was remembered' },
  plugin: { value: 'DIR', isRepeatable: true, summary: 'folder of a plugin package that package.json does not list' },
  to: {
    value: 'WHAT',
    isRepeatable: true,
    summary: 'only these nodes and what they need; of an export: tensorboard, mlflow, csv or parquet',
  },
  from: { value: 'NODES', isRepeatable: true, summary: 'computes these and everything downstream again' },
  only: { value: 'NODES', isRepeatable: true, summary: 'only these; their inputs must be cached' },
  memory: { value: 'MB', summary: "bound on what stages need together (default: the machine's); 6g is 6 GB" },
  jobs: { short: 'j', value: 'N', summary: 'stages at a time (default: CPUs)' },
  gpus: { value: 'N', summary: 'GPUs that stages may use' },
  executor: {
    value: 'NAME',
    summary: 'where stages run: local (default), or one that a package brings, as slurm or bullmq',
  },
  'executor-option': { value: 'NAME=VALUE', isRepeatable: true, summary: 'of the executor; repeatable' },
  redis: { value: 'URL', summary: 'of the queues (default: ETSEF_REDIS, or this machine)' },
  'on-error': { value: 'WHAT', choices: ['stop', 'continue'], summary: 'stop or continue when a node fails' },
  retries: { value: 'N', summary: 'attempts after a lost, killed or slow stage' },
  timeout: { value: 'SECONDS', summary: 'of a stage; of a request and its answer' },
  log: { value: 'FORMAT', choices: ['json'], summary: 'json: events, a line each' },
  out: { short: 'o', value: 'PATH', summary: 'where reports are copied, or the file to write' },
  use: { value: 'OPERATION', summary: 'that makes the report (default: report/html, or report/compare)' },
  node: { value: 'NODE', summary: 'whose answer is wanted: node, or node.port (default: the last vote)' },
  labels: { value: 'CSV', summary: 'file,class[,group] of the pictures: they are judged as an external set' },
  batch: { value: 'N', summary: 'pictures at a time (default: 64)' },
  sets: {
    value: 'KIND',
    choices: setKinds,
    summary:
      'what prediction sets promise: the true class often on the whole (marginal), or within each class (classConditional)',
  },
  maps: { value: 'FOLDER', summary: 'where heat maps of every picture go: of the answer, and of each network' },
  host: { value: 'ADDRESS', summary: 'that is listened on (default: 127.0.0.1; any other needs a token)' },
  port: { value: 'N', summary: 'that is listened on (default: 8080; 0: any that is free)' },
  'token-file': { value: 'FILE', summary: 'whose text a request must bear (default: ETSEF_TOKEN)' },
  concurrency: { value: 'N', summary: 'requests in the house at a time; more get 429 (default: 16)' },
  'max-pending': {
    value: 'N',
    summary: 'pictures that wait or are computed at a time; more get 429 (default: measured, see docs/predict.md)',
  },
  'max-body': { value: 'BYTES', summary: 'of a request (default: 20000000)' },
  'max-pixels': { value: 'N', summary: 'of a picture, height × width (default: 25000000)' },
  rows: { value: 'N', summary: 'pictures of a sheet (default: 6)' },
  draws: { value: 'N', summary: 'views beside each picture (default: 5)' },
  annotate: { summary: 'says where each value was written' },
  format: {
    value: 'FORMAT',
    choices: ['mermaid', 'dot', 'svg', 'json', 'text', 'csv', 'markdown', 'latex', 'jsonl', 'parquet'],
    summary:
      'of a graph: mermaid, dot, svg or json; of a table: text, csv, json, markdown or latex; of answers: csv, jsonl or parquet',
  },
  'group-by': { value: 'NAMES', isRepeatable: true, summary: 'what distinguishes rows (default: all that is varied)' },
  baseline: { value: 'TRIAL', summary: 'trial, name=value or figure that others are compared with' },
  metric: { value: 'NAME', isRepeatable: true, summary: 'figure of a report (default: the primary metric)' },
  'mean-of': { value: 'NAMES', isRepeatable: true, summary: 'adds the mean of what a report scores under these names' },
  goal: { value: 'WAY', choices: ['max', 'min'], summary: 'which way a figure is better (default: max)' },
  tag: { value: 'TEXT', summary: 'a word by which the run is found among others' },
  'keep-runs': { value: 'N', summary: 'newest runs whose artifacts are kept' },
  'max-bytes': { value: 'N', summary: 'size to which the store is brought down' },
  'dry-run': { summary: 'says what would be removed' },
  force: { summary: 'installs again; writes over a file that is there' },
  kind: { value: 'KIND', summary: 'of the new operation: selector, classifier, map, augmentation or report' },
  dir: { value: 'DIR', summary: 'folder of the weights' },
  json: { summary: 'one JSON object on stdout' },
  quiet: { short: 'q', summary: 'no progress' },
} as const satisfies Readonly<Record<string, Flag>>

/** Name of a flag, without dashes. */
export type FlagName = keyof typeof flags

/** What the flags of a command line say. */
export type Values = {
  readonly [K in FlagName]?: (typeof flags)[K] extends { readonly isRepeatable: true }
    ? readonly string[]
    : (typeof flags)[K] extends { readonly value: string }
      ? string
      : boolean
}

/** A flag by its name, as what is known of every flag. */
export function flagOf(name: FlagName): Flag {
  return flags[name]
}
