import { PipelineError, Type, contentPath, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { orIssue } from '../or-issue.js'
import { permuteLabelsOption } from '../permute-labels-option.js'
import { describeClasses } from '../folder/list-folder.js'
import { windowOptions } from '../medical/window-options.js'
import { checkTable, type TableChecks } from './check-table.js'
import { readCsv } from './read-csv.js'

const column = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Null()], { default: null, description })

/** Options of `data/table`. */
export const tableOptions = Type.Object(
  {
    path: contentPath('Folder of the pictures, which the table names by their path below it'),
    table: contentPath('CSV (comma, semicolon or tab) or Parquet file with a row per picture'),
    fileColumn: Type.String({ minLength: 1, default: 'file', description: 'Column of the picture’s path' }),
    labelColumn: Type.String({ minLength: 1, default: 'label', description: 'Column of the class name' }),
    groupColumn: column('Column of the patient or other group. null: every picture is its own patient'),
    partitionColumn: column('Column of train, val or test. null: none, for data/split'),
    boxColumns: Type.Union(
      [Type.Array(Type.String({ minLength: 1 }), { minItems: 4, maxItems: 4, uniqueItems: true }), Type.Null()],
      {
        default: null,
        description:
          'Columns of left, top, width and height in pixels, to which a picture is cut; empty cells leave it whole. null: none',
      },
    ),
    frameColumn: column(
      'Column of the frame or slice, from 0, of files with several. null: frame 0 of DICOM, the middle slice of NIfTI',
    ),
    attributes: Type.Array(Type.String({ minLength: 1 }), {
      uniqueItems: true,
      default: [],
      description:
        'Columns that splits and reports are told, for subgroups; nothing that is fitted or applied sees them',
    }),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Class names in class-list order. Left out: those of the table, sorted by code point',
      }),
    ),
    onBroken: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description:
        'What happens to files that cannot be decoded; what was dropped stands in the log and the figures of the node',
    }),
    onDuplicate: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description:
        'What happens to pictures with the same bytes in two classes, of which one label is wrong; drop leaves out all of them',
    }),
    perClass: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description: 'At most so many pictures of each class, chosen by digest. null: all',
    }),
    significantBits: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 16,
      description: 'Significant bits of 16-bit PNG and TIFF files: 12 for 12-bit scans',
    }),
    ...windowOptions,
    permuteLabels: permuteLabelsOption,
  },
  { additionalProperties: false },
)

/** Values of {@link tableOptions}. */
export type TableOptions = Static<typeof tableOptions>

/** Outputs of `data/table`. */
export const tableOutputs = { images: port.images('the pictures of the table, by class, undecoded') }

/** What the table of these options is checked against. */
export function tableChecks(options: TableOptions): TableChecks {
  return { ...options, root: options.path, name: basename(options.table) }
}

/** Whether a file is Parquet, by its first bytes. */
export function isParquet(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1'
}

/** `data/table`. */
export const table: Operation = defineOperation({
  kind: 'source',
  type: 'data/table',
  summary: 'Images that a CSV or Parquet file names, with label, patient, partition, box and attributes',
  cacheVersion: 1,
  draws: false,
  options: tableOptions,
  inputs: {},
  outputs: tableOutputs,
  inspect: ({ options, resolve, issue, notice }) =>
    orIssue(issue, 'table', () => {
      const absolute = { ...options, path: resolve(options.path), table: resolve(options.table) }
      const bytes = readTableFile(absolute.table)
      // Parquet is read by promises, which a plan does not wait for: its rows are checked when the node runs.
      if (isParquet(bytes))
        return {
          images: {
            ...(options.classes && { classNames: options.classes }),
            attributes: options.attributes,
            isAugmented: false,
          },
        }
      const { name, ...checks } = tableChecks(absolute)
      const checked = checkTable(readCsv(bytes.toString('utf8'), name), { ...checks, name })
      notice?.(describeClasses(checked))
      return {
        images: {
          classNames: checked.classNames,
          ...(options.onBroken === 'refuse' &&
            options.onDuplicate === 'refuse' &&
            options.perClass === null && { numSamples: checked.files.length }),
          partitions: checked.partitions,
          attributes: options.attributes,
          isAugmented: false,
        },
      }
    }),
  load: () => import('./table-node.js'),
})

/** Bytes of the table. @throws PipelineError `ERR_MISSING_FILE`. */
export function readTableFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new PipelineError('ERR_MISSING_FILE', {
      message: `The table ${file} cannot be read`,
      option: 'table',
      hint: 'table is a path relative to the project, of a CSV or Parquet file',
      cause,
    })
  }
}
