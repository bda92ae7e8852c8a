import type { PipelineError, Place } from '@etsef/plugin-api'
import type { OptionIssue } from '@etsef/plugin-api/semantics'
import { problem, suggest } from '../errors.js'
import type { Stage } from '../plan/stages.js'

/** An option of a node that names content, and where it stands. */
interface ContentOption {
  readonly node: string
  readonly option: string
  readonly text: string
  readonly place: Place
}

// Files of a pipeline, and content that its options name.

/** The path of a pipeline leads to something without an end, or to a folder. @param what - `a folder`, or what else it is. */
export function pipelineIsNoFile(place: Place, what: string): PipelineError {
  return problem('ERR_MISSING_FILE', { message: `The pipeline "${place.file}" is ${what}`, place, expected: 'a file' })
}

/** An option names something that has bytes without an end. */
export function contentIsNoFile({ node, option, text, place }: ContentOption): PipelineError {
  return problem('ERR_BAD_DATA', {
    message: `Node "${node}", option "${option}": "${text.slice(0, 200)}" is a pipe, a device or a socket`,
    place,
    node,
    option,
    expected: 'a file or a folder',
    hint: 'copy what it gives into a file',
  })
}

/** An option names a file or folder that is not there. @param there - What stands where the path goes wrong. */
export function missingContent({ node, option, text, place }: ContentOption, there: string | undefined): PipelineError {
  return problem('ERR_MISSING_FILE', {
    message: `Node "${node}", option "${option}": there is nothing at "${text.slice(0, 200)}"`,
    place,
    node,
    option,
    expected: 'a file or folder',
    received: text.slice(0, 200),
    hint: [there, 'paths are relative to the folder of package.json'].filter(Boolean).join('; '),
  })
}

// What is to be run.

/** `--to`, `--from` or `--only` names a node that is not there. */
export function unknownNodeToRun(node: string, nodes: Iterable<string>): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    message: `There is no node "${node}"`,
    received: node,
    hint: suggest(node, nodes, 'nodes'),
  })
}

/** `--only` leaves out a node that has to be computed first. */
export function neededAndLeftOut(node: string, only: readonly string[]): PipelineError {
  return problem('ERR_MISSING_INPUT', {
    message: `Node "${node}" is needed and not cached, but only ${only.join(', ')} may run`,
    node,
    hint: `run with --to ${only.join(',')} to compute what they need`,
  })
}

/** A stage is estimated to need more memory than it may have. @param isTraining - It has options that make it need less. */
export function tooMuchMemory(
  { node, type, resources }: Pick<Stage, 'node' | 'type' | 'resources'>,
  limitMb: number,
  isTraining: boolean,
  place: Place,
): PipelineError {
  return problem('ERR_OUT_OF_MEMORY', {
    message: `Node "${node}" (${type}) is estimated to need ${gigabytes(resources.memoryMb)} of memory`,
    place,
    node,
    expected: `at most ${gigabytes(limitMb)}`,
    received: gigabytes(resources.memoryMb),
    hint: `${isTraining ? 'lower batchSize or inputSize, freeze more stages, or ' : ''}give more with --memory`,
  })
}

// Tensor engines and executors.

/** The package that should bring tensor engines has no such export. */
export function noEngineExport(packageName: string): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Package "${packageName}" does not export engines`,
    expected: 'export default { probe, install, doctor }',
  })
}

/** A pipeline computes on tensors, and nothing is installed that could. */
export function noEngine(): PipelineError {
  return problem('ERR_ENGINE', {
    message: 'An operation computes on tensors, and no package of the project brings a tensor engine',
    hint: 'add @etsef/nn to the dependencies of package.json',
  })
}

/** `--executor` names an executor that nothing brings. */
export function unknownExecutor(name: string, executors: Iterable<string>): PipelineError {
  return problem('ERR_EXECUTOR', {
    message: `No package of the project brings an executor "${name}"`,
    received: name,
    hint: `${suggest(name, executors, 'executors')}; add its package (@etsef/executor-…) to the dependencies of package.json`,
  })
}

/** The package that should bring an executor has no such export. */
export function noExecutorExport(packageName: string, name: string): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Package "${packageName}" does not export the executor "${name}"`,
    expected: 'export default { name, capabilities, options, open }',
  })
}

/** An option of an executor is unknown, or has a value that does not fit. */
export function badExecutorOption(executor: string, issue: OptionIssue): PipelineError {
  return problem('ERR_BAD_OPTION', {
    message: `Executor "${executor}", option "${issue.key ?? issue.path.join('.')}": ${issue.message}`,
    expected: issue.expected,
    hint: issue.key === undefined ? undefined : suggest(issue.key, issue.candidates ?? [], 'options'),
  })
}

// Reports of runs.

/** The operation that should make a report of a run is not there. */
export function unknownReport(use: string, types: Iterable<string>): PipelineError {
  return problem('ERR_UNKNOWN_OPERATION', {
    message: `There is no operation "${use}" to make a report with`,
    hint: suggest(use, types, 'operations'),
  })
}

/** An operation does not take what a report of a run is made of. */
export function noRunReport(type: string, packageName: string): PipelineError {
  return problem('ERR_PLUGIN', {
    message: `Operation "${type}" of ${packageName} makes no report of a run`,
    expected:
      'one of kind report that takes reports at a many-port, needs nothing else, and has the options of runReportOptions',
  })
}

/** A run has no reports in the store that could be put together. */
export function noReportsLeft(run: string): PipelineError {
  return problem('ERR_MISSING_INPUT', {
    message: `Of run ${run} there is no report left to tell of`,
    expected: 'a run with a report node that finished, and whose artifacts are in the store',
    hint: 'run the pipeline again: what is cached is not computed again',
  })
}

function gigabytes(megabytes: number): string {
  return `${(megabytes / 1024).toFixed(1)} GB`
}
