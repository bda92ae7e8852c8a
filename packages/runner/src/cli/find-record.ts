import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { problem, suggest } from '../errors.js'
import { listRuns, parseRunRecord, readRunRecord, type RunRecord } from '../run/run-record.js'

/**
 * The record of a run of this store, by its id, or of a run from elsewhere, by the path of its file.
 *
 * @param wanted - Id of a run, or the path of a `run.json`.
 * @throws PipelineError `ERR_BAD_REFERENCE`.
 */
export function findRecord(wanted: string, cwd: string, storeDir: string): RunRecord {
  const path = resolve(cwd, wanted)
  if (!existsSync(path) || !statSync(path).isFile()) {
    const record = readRunRecord(storeDir, wanted)
    if (record) return record
    throw problem('ERR_BAD_REFERENCE', {
      message: `There is no run "${wanted}"`,
      expected: 'a run of this store, or the path of a run.json',
      hint: suggest(wanted, listRuns(storeDir), 'runs'),
    })
  }
  const record = parseRunRecord(readFileSync(path, 'utf8'))
  if (record) return record
  throw problem('ERR_BAD_REFERENCE', { message: `"${wanted}" is not the record of a run`, expected: 'a run.json' })
}

/** The newest run of a store. @throws PipelineError `ERR_BAD_REFERENCE` when there is none that can be read. */
export function newestRecord(storeDir: string): RunRecord {
  for (const run of listRuns(storeDir)) {
    const record = readRunRecord(storeDir, run)
    if (record) return record
  }
  throw problem('ERR_BAD_REFERENCE', { message: 'There is no run yet', hint: 'etsef run PIPELINE' })
}
