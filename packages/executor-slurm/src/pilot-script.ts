/** What the pilots of one run ask of the cluster. */
export interface PilotOptions {
  /** Path of the pipeline, relative to `projectDir`. */
  readonly pipeline: string
  /** Folder of the project's package.json, on the shared file system. */
  readonly projectDir: string
  /** Store on the shared file system. */
  readonly storeDir: string
  /** Pilots at a time; each runs `cpus` stages of one CPU, or fewer larger ones. */
  readonly numPilots: number
  readonly cpus: number
  readonly memoryMb: number
  readonly gpus?: number
  /** Wall time, in Slurm's form: `2:00:00`. */
  readonly timeLimit: string
  readonly partition?: string
  /** Name of the job, unique to the run. */
  readonly jobName: string
  /** Further words for `etsef run`, e.g. `--set`, `vars.n=3`. */
  readonly runArguments?: readonly string[]
}

/**
 * The batch script of an array of pilots.
 *
 * Every pilot runs the whole pipeline against the shared store: leases on keys divide the stages among them, finished artifacts are
 * taken from each other, and a pilot that dies loses only its lease. So Slurm sees one array, not a job for every stage.
 *
 * @throws RangeError for counts below 1, or words that Slurm would read as its own.
 */
export function pilotScript(options: PilotOptions): string {
  const { numPilots, cpus, memoryMb, gpus = 0, timeLimit, partition, jobName, projectDir, storeDir, pipeline } = options
  for (const [name, value] of Object.entries({ numPilots, cpus, memoryMb })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is a whole number ≥ 1, not ${value}`)
  }
  if (!/^[\w.:-]+$/.test(timeLimit)) throw new RangeError(`timeLimit "${timeLimit}" is not a time of Slurm`)
  if (!/^[\w.-]+$/.test(jobName))
    throw new RangeError(`jobName "${jobName}" may hold letters, digits, ".", "_" and "-"`)
  if (partition !== undefined && !/^[\w.,-]+$/.test(partition))
    throw new RangeError(`partition "${partition}" is not a name`)
  const directives = [
    `--job-name=${jobName}`,
    `--array=1-${numPilots}`,
    `--cpus-per-task=${cpus}`,
    `--mem=${memoryMb}M`,
    `--time=${timeLimit}`,
    '--requeue',
    ...(gpus > 0 ? [`--gres=gpu:${gpus}`] : []),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    `--output=${storeDir}/logs/slurm-%A_%a.log`,
  ]
  const words = [
    'npx',
    '--no-install',
    'etsef',
    'run',
    pipeline,
    '--store',
    storeDir,
    '--jobs',
    String(cpus),
    '--json',
    ...(gpus > 0 ? ['--gpus', String(gpus)] : []),
    ...(options.runArguments ?? []),
  ]
  return [
    '#!/bin/sh',
    ...directives.map((directive) => `#SBATCH ${directive}`),
    `cd ${quote(projectDir)} || exit 1`,
    `exec ${words.map(quote).join(' ')}`,
    '',
  ].join('\n')
}

/** A word for the shell. */
function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
