import { PipelineError } from '@etsef/plugin-api'
import type { TableColumns } from '../table/check-table.js'
import { partitionOf } from '../table/check-table.js'
import { listNames } from '../folder/list-folder.js'
import type { RawTable } from '../table/read-csv.js'

/** Names that columns tend to have, most telling first. */
const names = {
  file: [
    'file',
    'path',
    'filepath',
    'filename',
    'imagepath',
    'imagefile',
    'image',
    'img',
    'imagename',
    'imageid',
    'dicom',
  ],
  label: ['label', 'class', 'classname', 'diagnosis', 'dx', 'target', 'category', 'finding', 'y'],
  group: [
    'patient',
    'patientid',
    'subject',
    'subjectid',
    'group',
    'groupid',
    'pid',
    'caseid',
    'case',
    'lesionid',
    'study',
    'studyid',
  ],
  partition: ['partition', 'split', 'set', 'subset', 'fold'],
  frame: ['frame', 'slice', 'sliceindex'],
}
const boxes = [
  ['x', 'y', 'w', 'h'],
  ['x', 'y', 'width', 'height'],
  ['left', 'top', 'width', 'height'],
]

/** Values of an attribute that subgroups can be made of. */
const mostValues = 10

/** Columns by what they are called, and what was decided. */
export interface GuessedColumns extends TableColumns {
  readonly notes: readonly string[]
}

/** Guesses which columns hold what. @throws PipelineError `ERR_BAD_DATA` where no column is called as one of paths or of classes. */
export function guessColumns({ columns, records }: RawTable, name: string): GuessedColumns {
  const plain = columns.map((column) => column.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
  const find = (candidates: readonly string[]): string | null => {
    const known = candidates.find((candidate) => plain.includes(candidate))
    return known === undefined ? null : columns[plain.indexOf(known)]!
  }
  const valuesOf = (column: string): readonly string[] => {
    const at = columns.indexOf(column)
    return [...new Set(records.map((record) => (record[at] ?? '').trim()))]
  }
  const [fileColumn, labelColumn] = [find(names.file), find(names.label)]
  if (fileColumn === null || labelColumn === null)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `No column of ${name} is called as one of ${fileColumn === null ? 'paths' : 'classes'}`,
      expected: (fileColumn === null ? names.file : names.label).slice(0, 6).join(', '),
      received: listNames(columns, 20),
      hint: 'call the columns file and label, or write a pipeline with data/table by hand',
    })
  const groupColumn = find(names.group)
  const named = find(names.partition)
  const parts = named === null ? [] : valuesOf(named).map(partitionOf)
  const isWhole =
    (['train', 'val', 'test'] as const).every((part) => parts.includes(part)) && !parts.includes(undefined)
  const boxColumns =
    boxes.find((box) => box.every((each) => plain.includes(each)))?.map((each) => columns[plain.indexOf(each)]!) ?? null
  const frameColumn = find(names.frame)
  const used = new Set([fileColumn, labelColumn, groupColumn, named, frameColumn, ...(boxColumns ?? [])])
  const attributes = columns.filter((column) => {
    const values = used.has(column) ? [] : valuesOf(column).filter((value) => value !== '')
    return values.length >= 2 && values.length <= mostValues
  })
  return {
    fileColumn,
    labelColumn,
    groupColumn,
    partitionColumn: isWhole ? named : null,
    boxColumns,
    frameColumn,
    attributes,
    notes: [
      `columns, guessed by name: paths in ${fileColumn}, classes in ${labelColumn}${groupColumn === null ? '' : `, patients in ${groupColumn}`}${isWhole ? `, partitions in ${named!}` : ''}${boxColumns ? `, boxes in ${boxColumns.join(', ')}` : ''}${frameColumn === null ? '' : `, frames in ${frameColumn}`}`,
      ...(named !== null && !isWhole
        ? [`column ${named} does not hold train, val and test: the images are split anew`]
        : []),
      ...(attributes.length > 0 ? [`attributes for subgroups: ${attributes.join(', ')}`] : []),
    ],
  }
}
