import type { PixelImage, SourceImplementation } from '@etsef/plugin-api'
import { of } from 'rxjs'
import sharp from 'sharp'
import { folderRows } from '../folder/folder-rows.js'
import { describeClasses } from '../folder/list-folder.js'
import { scanFiles } from '../folder/scan-files.js'
import { usableFiles } from '../folder/usable-files.js'
import { decodePlace } from '../medical/decode-place.js'
import { digestPlace, loadPlace } from '../medical/load-place.js'
import { checkTable } from './check-table.js'
import { readCsv } from './read-csv.js'
import { readParquet } from './read-parquet.js'
import { isParquet, readTableFile, tableChecks, type TableOptions, type tableOutputs } from './table.js'

type Implementation = SourceImplementation<TableOptions, typeof tableOutputs>

// The stage is granted its threads by the runner; libvips must not take more, nor keep decoded images.
sharp.concurrency(1)
sharp.cache(false)

/** Rows of the table; every picture is decoded once, to see that it can be. */
export const run: Implementation['run'] = async ({ options, ctx, keepPixels }) => {
  const checks = tableChecks(options)
  const bytes = readTableFile(options.table)
  const raw = isParquet(bytes) ? await readParquet(bytes, checks.name) : readCsv(bytes.toString('utf8'), checks.name)
  const listed = checkTable(raw, checks)
  ctx.log('info', describeClasses(listed))
  const scan = await scanFiles(listed.files, ctx, (path) =>
    digestPlace(options.path, path, options, (uri, sourceId, image) => {
      keepPixels({ port: 'images', uri, sourceId }, image)
    }),
  )
  const { listing, sha256 } = usableFiles(listed, scan, options, ctx)
  const byPath = new Map(listed.files.map((file, at) => [file.path, at]))
  const rows = folderRows(listing, sha256, {
    perClass: options.perClass,
    permuteLabels: options.permuteLabels,
    keepPartitions: options.partitionColumn !== null,
    groupOfPath: (path) => listed.files[byPath.get(path)!]?.group,
  })
  if (options.groupColumn === null) ctx.log('warn', 'No column of groups: every picture counts as a patient of its own')
  if (options.permuteLabels !== null) ctx.log('warn', 'Labels are permuted: a control, in which nothing can be learned')
  const attributes = Object.entries(listed.attributes).map(
    ([name, values]) => [name, rows.ids.map((id) => values[byPath.get(id)!]!)] as const,
  )
  return { images: of({ ...rows, ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }) }) }
}

/** The picture's pixels, uint8 `[height, width, 3]`, of the bytes that the row was made of. */
export const loadPixels = ({
  row,
  options,
}: {
  readonly row: { readonly uri: string; readonly sourceId?: string }
  readonly options: TableOptions
}): Promise<PixelImage> => loadPlace(options.path, row, options)

/** A picture from elsewhere, by the same contract. */
export const decodePicture: NonNullable<Implementation['decodePicture']> = ({ bytes, name, options, bounds }) =>
  decodePlace(bytes, { path: name }, { ...options, ...bounds })
