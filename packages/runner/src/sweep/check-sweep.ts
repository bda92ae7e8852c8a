import { PipelineError } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { problem, sortProblems } from '../errors.js'
import { createMemo } from '../memo.js'
import { loadPipeline, showPath, type PipelineFiles } from '../pipeline/load-pipeline.js'
import { yamlLimits } from '../pipeline/limits.js'
import { emptyMap, mapsAsLists } from '../pipeline/located.js'
import { overrideFile } from '../pipeline/overrides.js'
import { parseYaml } from '../pipeline/parse-yaml.js'
import { findProjectRoot } from '../registry/find-project.js'
import { loadRegistry } from '../registry/load-registry.js'
import { pipelineFiles } from '../run/pipeline-files.js'
import type { Shared } from '../run/shared.js'
import { checkPipeline, type CheckedPipeline, type PipelineRequest } from '../run/check-pipeline.js'
import { openDigests } from '../registry/open-digests.js'
import { storeDirOf } from '../run/store-dir.js'
import { storeFolders } from '../store/store.js'
import { expandSweep } from './expand-sweep.js'
import { notPoolable, poolOperation, pooledTrials } from './pooled-trials.js'
import type { PruneDeclaration } from './read-prune.js'
import { readSweep, type SweepBlock, type SweepDocument } from './read-sweep.js'
import { repeatsOf } from './repeats.js'
import { mergeSettings, overrideText, type Setting, type Trial } from './trial.js'

/** Which sweep, and what holds for every trial beside its overrides. */
export type SweepRequest = Pick<PipelineRequest, 'file' | 'cwd' | 'storeDir' | 'engine' | 'profile' | 'isParanoid'>

/** A sweep with its trials. */
export interface ExpandedSweep {
  /** As messages show it. */
  readonly file: string
  /** Its folder in the store. */
  readonly name: string
  readonly root: string
  readonly storeDir: string
  readonly trials: readonly Trial[]
  /** The pipeline as it is before anything is varied; `undefined` when there is none to speak of. */
  readonly basis: CheckedPipeline | undefined
  /** Node whose splits are repeated. */
  readonly splitNode: string | undefined
  readonly prune: PruneDeclaration | undefined
  /** In the order of the text; empty when the sweep can be expanded. */
  readonly problems: readonly PipelineError[]
}

/** A sweep of which every trial was checked. */
export interface CheckedSweep extends ExpandedSweep {
  readonly basis: CheckedPipeline
  readonly shared: Shared
  /** The pipeline of each trial, by its id. */
  readonly pipelines: ReadonlyMap<string, CheckedPipeline>
}

/** A sweep that was read, and what its trials are checked with. */
export interface OpenedSweep {
  readonly expanded: ExpandedSweep
  readonly shared: Shared
  readonly requestOf: (settings: readonly Setting[]) => PipelineRequest
  /** The number that stands for the line of a setting. */
  readonly lineOf: (setting: Setting) => number
  /** Digest of the sweep and of every file that its pipeline is written in. */
  readonly textDigest: () => string
}

/**
 * Reads a sweep and checks every trial as its pipeline would be.
 *
 * @returns `pipelines` is empty when the sweep cannot be expanded.
 */
export async function checkSweep(request: SweepRequest): Promise<CheckedSweep | ExpandedSweep> {
  return checkTrials(await openSweep(request))
}

/** Checks every trial of a sweep that was read. */
export async function checkTrials(opened: OpenedSweep): Promise<CheckedSweep | ExpandedSweep> {
  const { expanded, shared, requestOf, lineOf } = opened
  const { basis } = expanded
  if (!basis || expanded.problems.length > 0) return expanded
  const problems: PipelineError[] = []
  const pipelines = new Map<string, CheckedPipeline>()
  for (const trial of expanded.trials) {
    if (trial.pooled) continue
    const checked = await checkPipeline(requestOf(trial.settings), shared)
    pipelines.set(trial.id, checked)
    for (const error of checked.problems) problems.push(whereWritten(error, trial.settings, lineOf))
    if (problems.length > yamlLimits.problems) break
  }
  if (problems.length === 0) problems.push(...poolProblems(expanded.trials, pipelines))
  return { ...expanded, basis, shared, pipelines, problems: sortProblems(problems) }
}

/** The first pooled trial that there cannot be: what is wrong with it is mostly wrong with all. */
function poolProblems(
  trials: readonly Trial[],
  pipelines: ReadonlyMap<string, CheckedPipeline>,
): readonly PipelineError[] {
  for (const { pooled } of trials) {
    const wrong = pooled && notPoolable(pooled, pipelines.get(pooled.trials[0]!)!.graph)
    if (wrong) return [wrong]
  }
  return []
}

/** Reads a sweep and expands it; nothing is checked yet but the pipeline as it is before anything is varied. */
export async function openSweep(request: SweepRequest): Promise<OpenedSweep> {
  const root = findProjectRoot(request.cwd)
  const storeDir = storeDirOf(root, request.cwd, request.storeDir)
  const path = resolve(request.cwd, request.file)
  const file = showPath(root, path)
  const files = remembered(pipelineFiles(root, join(storeDir, storeFolders.cache), parseYaml))
  const read = files.read(path)
  const problems: PipelineError[] = [...read.problems]
  const sweep = readSweep(read.value ?? emptyMap({ file, line: 1, column: 1 }), file, problems)
  const pipeline = resolve(dirname(path), sweep.pipeline?.text ?? '')
  const writtenOf = overridesAsWritten()
  const requestOf = (settings: readonly Setting[]): PipelineRequest => ({
    ...request,
    file: pipeline,
    cwd: request.cwd,
    storeDir,
    overrides: settings.map((setting) => writtenOf(setting).text),
    overrideLines: settings.map((setting) => writtenOf(setting).line),
  })
  const lineOf = (setting: Setting): number => writtenOf(setting).line
  const name = sweep.name || file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '')
  const isThere = sweep.pipeline !== undefined && isReadable(files, pipeline, sweep, problems)
  const types = isThere ? typesOf(root, pipeline, files, sweep) : []
  const shared: Shared = {
    files,
    registry: await loadRegistry(root, types),
    digests: openDigests(root, storeDir, request.isParanoid ?? false),
    contents: new Map(),
    engines: new Map(),
    memo: createMemo(),
  }
  const nothing: ExpandedSweep = {
    file,
    name,
    root,
    storeDir,
    trials: [],
    basis: undefined,
    splitNode: undefined,
    prune: undefined,
    problems: sortProblems(problems),
  }
  if (!isThere) return { expanded: nothing, shared, requestOf, lineOf, textDigest: files.digest }
  const base = mergeSettings(sweep.block.base)
  const basis = await checkPipeline(requestOf(base), shared)
  // What is wrong with the pipeline may be what the sweep sets; then only the trials can tell.
  const { splits, folds, permutedLabels } = repeatsOf(sweep.repeat, basis.graph, problems)
  const all = [splits, folds, permutedLabels].flatMap((each) => (each ? [each.repeats] : []))
  const numRepeats = [sweep.repeat.seeds, ...all].reduce((product, { length }) => product * Math.max(1, length), 1)
  const { prune } = sweep
  if (prune && numRepeats <= prune.after)
    problems.push(
      problem('ERR_SWEEP', {
        message: 'There is nothing to prune: trials are compared by the repeats that are done',
        place: prune.place,
        expected: `more than ${String(prune.after)} repeats of each trial, or a smaller "after"`,
        received: String(numRepeats),
      }),
    )
  const folded = expandSweep(sweep, basis.graph, all, problems)
  const pool = sweep.repeat.folds?.pool
  if (pool && !shared.registry.find(poolOperation))
    problems.push(
      problem('ERR_SWEEP', {
        message: `Nothing that is installed can pool folds: there is no operation ${poolOperation}`,
        place: pool.place,
        hint: 'npm install @etsef/plugin-report',
      }),
    )
  if (pool && prune)
    problems.push(
      problem('ERR_SWEEP', {
        message: 'Folds cannot be pooled where trials are pruned: of what is given up, not every row is tested',
        place: pool.place,
        hint: 'leave out "prune" or "pool"',
      }),
    )
  const foldPath = folds?.repeats[0]?.shown.path
  const trials = pool && foldPath !== undefined ? [...folded, ...pooledTrials(folded, foldPath, pool)] : folded
  const expanded = {
    ...nothing,
    trials,
    basis,
    splitNode: (folds ?? splits)?.node,
    prune: sweep.prune,
    problems: sortProblems(problems),
  }
  return { expanded, shared, requestOf, lineOf, textDigest: files.digest }
}

/** Files that are read and parsed once. */
function remembered(files: PipelineFiles): PipelineFiles & { digest(this: void): string } {
  const known = new Map<string, ReturnType<PipelineFiles['read']>>()
  return {
    realPath: (path) => files.realPath(path),
    digest: () =>
      createHash('sha256')
        .update(JSON.stringify([...known], mapsAsLists))
        .digest('hex'),
    read(path) {
      const found = known.get(path) ?? files.read(path)
      known.set(path, found)
      return found
    },
  }
}

function isReadable(files: PipelineFiles, pipeline: string, sweep: SweepDocument, problems: PipelineError[]): boolean {
  try {
    files.read(pipeline)
    return true
  } catch (thrown) {
    if (!(thrown instanceof PipelineError)) throw thrown
    problems.push(
      problem(thrown.code, {
        message: thrown.message,
        place: sweep.pipeline?.place,
        received: sweep.pipeline?.text.slice(0, 200),
        expected: thrown.expected,
        hint: 'the path is relative to the file of the sweep',
      }),
    )
    return false
  }
}

/** Operations that any trial may use: those of the pipeline, and those that the sweep puts in their place. */
function typesOf(root: string, path: string, files: PipelineFiles, sweep: SweepDocument): readonly string[] {
  const { document } = loadPipeline({ path, root, files })
  const written = document.nodes.flatMap(({ use }) => (use ? [use.type] : []))
  const set = settingsOf(sweep.block).flatMap(({ path: target, value }) =>
    target.endsWith('.use') && typeof value === 'string' ? [value] : [],
  )
  return [...written, ...set, ...(sweep.repeat.folds?.pool ? [poolOperation] : [])]
}

function settingsOf({ base, grid, zip, random, include, union, when }: SweepBlock): readonly Setting[] {
  const inner = [...union, ...when.map(({ block }) => block)]
  return [base, ...grid, ...zip, ...random, ...include.map(({ settings }) => settings), ...inner.map(settingsOf)].flat()
}

/** The text of every setting, and a number that is the same in every trial that has it: what is set alike stands at the same place, and is checked once. */
function overridesAsWritten(): (setting: Setting) => { readonly text: string; readonly line: number } {
  const known = new Map<Setting, { readonly text: string; readonly line: number }>()
  const lines = new Map<string, number>()
  return (setting) => {
    const found = known.get(setting)
    if (found) return found
    const text = overrideText(setting)
    const line = lines.get(text) ?? lines.size + 1
    lines.set(text, line)
    const written = { text, line }
    known.set(setting, written)
    return written
  }
}

/** A problem of an override, at the place in the sweep's file that gives it. */
function whereWritten(
  error: PipelineError,
  settings: readonly Setting[],
  lineOf: (setting: Setting) => number,
): PipelineError {
  const { place } = error
  if (place?.file !== overrideFile) return error
  const setting = settings.find((each) => lineOf(each) === place.line)
  const { code, message, node, port, option, expected, received, hint, cause } = error
  return new PipelineError(code, {
    message,
    node,
    port,
    option,
    expected,
    received,
    hint,
    cause,
    place: setting?.place,
  })
}
