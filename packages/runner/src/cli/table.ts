import { problem } from '../errors.js'
import { readTrialResult, type TrialResult } from '../sweep/journal.js'
import { sweepResults } from '../sweep/known-results.js'
import { withMeanOf } from '../sweep/mean-figures.js'
import { csvTable, latexTable, markdownTable, readableTable } from '../sweep/print-table.js'
import { standings } from '../sweep/standing.js'
import { tabulate } from '../sweep/tabulate.js'
import { nameList, UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { formatTable, writeResult, type Output } from './output.js'
import { sweepRequest } from './sweep.js'

/** `etsef table FILE`: what the finished trials of a sweep say, over their repeats, and against a baseline. */
export async function table(args: Arguments, output: Output): Promise<number> {
  const { values } = args
  const found = await sweepResults(sweepRequest(args, args.rest[0]))
  const { sweep } = found
  const standing = standings(found)
  const results = sweep.trials.flatMap(({ id, factors, repeat }): readonly TrialResult[] => {
    const { state, entry } = standing.get(id)!
    const result = state === 'ok' && entry ? readTrialResult(sweep.storeDir, sweep.name, entry) : undefined
    // Factors are those of this file: another sweep may have the same trial under other names.
    return result ? [{ ...result, factors, repeat }] : []
  })
  const numOutdated = [...standing.values()].filter(({ state }) => state === 'outdated').length
  const outdated = numOutdated > 0 ? `; ${String(numOutdated)} have results of an earlier pipeline, data or code` : ''
  if (results.length === 0)
    throw problem('ERR_BAD_REFERENCE', {
      message: `No trial of "${sweep.file}" is done${outdated}`,
      hint: `run it with: etsef sweep run ${args.rest[0]!}`,
    })
  const primary = sweep.basis?.document.primaryMetric?.value
  const metrics =
    nameList(values.metric) ??
    (primary?.kind === 'scalar' && typeof primary.value === 'string' ? [primary.value] : undefined)
  if (!metrics)
    throw new UsageError(`the pipeline has no primaryMetric: name a figure with --metric, of ${namesOf(results)}`)
  const { goal, baseline } = values
  if (goal !== undefined && goal !== 'max' && goal !== 'min')
    throw new UsageError(`--goal is max or min, not "${goal}"`)
  const members = nameList(values['mean-of'])
  const all = members ? results.map((result) => withMeanOf(result, members, metrics)) : results
  const made = tabulate({ results: all, metrics, groupBy: nameList(values['group-by']), baseline, goal })
  const format = args.isJson ? 'json' : (values.format ?? 'text')
  if (format === 'json') writeResult(JSON.stringify({ sweep: sweep.name, ...made }), args, output)
  else if (format === 'csv') writeResult(csvTable(made), args, output)
  else if (format === 'markdown') writeResult(markdownTable(readableTable(made)), args, output)
  else if (format === 'latex') writeResult(latexTable(readableTable(made)), args, output)
  else if (format === 'text') writeResult(formatTable(readableTable(made)), args, output)
  else throw new UsageError(`--format is text, csv, json, markdown or latex, not "${format}"`)
  const numMissing = sweep.trials.length - results.length
  if (numMissing > 0)
    output.note(`${String(numMissing)} of ${String(sweep.trials.length)} trials are not done${outdated}`)
  return exitCodes.ok
}

function namesOf(results: readonly TrialResult[]): string {
  const names = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics)))]
  return `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
}
