import { PipelineError } from '@etsef/plugin-api'
import Papa from 'papaparse'
import { groupKey } from './group-key.js'

/** What a groups file says of one image. */
export interface GroupEntry {
  readonly group: string
  /** Class as the file states it; `undefined` without a `class` column. */
  readonly className: string | undefined
}

/**
 * Groups (patients, videos, near-duplicate clusters) by file.
 *
 * @param csv - Text of a CSV with a header line: columns `file` (path relative to the data root) and `group`; `class` is checked when
 *   present; others, such as `note`, are ignored.
 * @param name - How the file is called in messages.
 * @returns Entries by path, in Unicode NFC with `/` between parts.
 * @throws PipelineError `ERR_BAD_DATA` (no such column, broken quoting, empty cell; with line), `ERR_DUPLICATE_ID` (a file twice).
 */
export function readGroups(csv: string, name: string): ReadonlyMap<string, GroupEntry> {
  const { data, meta, errors } = Papa.parse<Record<string, string | undefined>>(csv.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
  })
  const [first] = errors.filter((error) => error.code !== 'UndetectableDelimiter')
  if (first)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `${name}, record ${String((first.row ?? 0) + 1)}: ${first.message}`,
    })
  for (const column of ['file', 'group']) {
    if (!meta.fields?.includes(column)) {
      throw new PipelineError('ERR_BAD_DATA', {
        message: `${name} has no column "${column}"`,
        expected: 'a header line with file,group and perhaps class,note',
        received: (meta.fields ?? []).join(','),
      })
    }
  }
  const entries = new Map<string, GroupEntry>()
  data.forEach(({ file, group, class: className }, row) => {
    const record = `${name}, record ${String(row + 1)}`
    if (!file || !group)
      throw new PipelineError('ERR_BAD_DATA', { message: `${record}: ${file ? 'group' : 'file'} is empty` })
    const key = groupKey(file)
    if (entries.has(key))
      throw new PipelineError('ERR_DUPLICATE_ID', { message: `${record}: file "${file}" stands twice` })
    entries.set(key, { group, className: className === '' ? undefined : className })
  })
  return entries
}
