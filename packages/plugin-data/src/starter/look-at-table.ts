import { PipelineError, type StarterRequest } from '@etsef/plugin-api'
import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { contradictions } from '../folder/folder-rows.js'
import { subfolders } from '../folder/list-folder.js'
import { scanFiles } from '../folder/scan-files.js'
import { digestPlace } from '../medical/load-place.js'
import { checkTable } from '../table/check-table.js'
import { readCsv, type RawTable } from '../table/read-csv.js'
import { readParquet } from '../table/read-parquet.js'
import { isParquet, readTableFile } from '../table/table.js'
import { guessColumns, type GuessedColumns } from './guess-columns.js'
import { guessModality } from './guess-modality.js'
import { formsOf, someNames, type FolderLook } from './look-at-folder.js'

/** What a table names. */
export interface TableLook extends FolderLook {
  readonly columns: GuessedColumns
}

/** Reads a table and every picture that it names. @throws PipelineError for rows that are wrong, all at once. */
export async function lookAtTable(
  path: string,
  { signal, onProgress }: Pick<StarterRequest, 'signal' | 'onProgress'>,
): Promise<TableLook> {
  const name = basename(path)
  const bytes = readTableFile(path)
  const raw = isParquet(bytes) ? await readParquet(bytes, name) : readCsv(bytes.toString('utf8'), name)
  const columns = guessColumns(raw, name)
  const root = findRoot(path, raw, columns.fileColumn)
  const { classNames, files } = checkTable(raw, { ...columns, root, name })
  if (classNames.length < 2)
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `Every row of ${name} is of class ${classNames[0]!}`,
      expected: 'at least two classes',
      received: `one, in column ${columns.labelColumn}`,
    })
  const ctx = { signal, progress: onProgress, log: () => undefined }
  const options = { window: 'file' } as const
  const { sha256, problems } = await scanFiles(files, ctx, (uri) => digestPlace(root, uri, options))
  const digests = sha256.map((digest, i) => digest ?? `unread ${String(i)}`)
  const contradicting = contradictions(files, digests)
  const isOut = new Set([...sha256.keys()].filter((i) => sha256[i] === undefined).concat(contradicting.flat()))
  const usable = files.filter((_, i) => !isOut.has(i))
  const broken = files.filter((_, i) => sha256[i] === undefined)
  const numRepeats = usable.length - new Set(digests.filter((_, i) => !isOut.has(i))).size
  return {
    root,
    empty: [],
    listed: undefined,
    notes: columns.notes,
    columns,
    counts: new Map(classNames.map((each, label) => [each, usable.filter((file) => file.label === label).length])),
    broken: broken.map((file, i) => ({ path: file.path, reason: problems[i]!.message })),
    contradicting: contradicting.map((twins) => twins.map((i) => files[i]!.path)),
    numRepeats: columns.boxColumns || columns.frameColumn !== null ? 0 : numRepeats,
    patients:
      columns.groupColumn === null
        ? { by: 'nothing' }
        : {
            by: 'file',
            file: `column ${columns.groupColumn}`,
            count: new Set(usable.map(({ group }) => group)).size,
          },
    modality: guessModality([basename(root), name, ...classNames, ...someNames(usable)]),
    ...(await formsOf(root, usable)),
  }
}

/** The folder that the first row's path is below: the table's, one in it or above it; of absolute paths the one above all. */
function findRoot(path: string, { columns, records }: RawTable, fileColumn: string): string {
  const here = dirname(path)
  const at = columns.indexOf(fileColumn)
  const files = records.map((record) => (record[at] ?? '').trim()).filter((file) => file !== '')
  const [first] = files
  if (first === undefined) return here
  if (isAbsolute(first)) {
    let root = dirname(first)
    for (const file of files)
      while (isAbsolute(file) && !file.startsWith(`${root}/`) && dirname(root) !== root) root = dirname(root)
    return root
  }
  const places = [here, ...subfolders(here, '').map((folder) => join(here, folder)), dirname(here)]
  return places.find((place) => existsSync(join(place, first))) ?? here
}
