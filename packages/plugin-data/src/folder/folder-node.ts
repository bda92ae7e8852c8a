import { readFile, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import {
  PipelineError,
  type SeedlessContext,
  type PixelImage,
  type SourceImplementation,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import sharp from 'sharp'
import { disjointSets } from '../near-duplicates/disjoint-sets.js'
import { fingerprintsOf } from '../near-duplicates/fingerprints-of.js'
import { decodeImage, type DecodeOptions } from './decode-image.js'
import { folderRows } from './folder-rows.js'
import { groupByName } from './group-by-name.js'
import { listOptions, type folderOptions, type folderOutputs } from './folder.js'
import { describeClasses, listFolder, type FolderListing } from './list-folder.js'
import { readGroups } from './read-groups.js'
import { readPicture } from './read-picture.js'
import { digestOf, scanFiles } from './scan-files.js'
import { usableFiles } from './usable-files.js'

type Options = Static<typeof folderOptions>
type Implementation = SourceImplementation<Options, typeof folderOutputs>

interface LoadArguments {
  readonly row: { readonly uri: string; readonly sourceId?: string }
  readonly options: Options
}

// The stage is granted its threads by the runner; libvips must not take more, nor keep decoded images.
sharp.concurrency(1)
sharp.cache(false)

/** Rows of the folder; every file is read once, for its digest and to see that it decodes. */
export const run: Implementation['run'] = async ({ options, ctx, keepPixels }) => {
  const listed = listFolder(options.path, listOptions(options))
  ctx.log('info', describeClasses(listed))
  const { listing, sha256, dropped } = usableFiles(
    listed,
    await scanFiles(listed.files, ctx, (path) =>
      digestOf(options.path, path, decodeOptions(options), (uri, sourceId, image) => {
        keepPixels({ port: 'images', uri, sourceId }, image)
      }),
    ),
    options,
    ctx,
  )
  const excluded = options.exclude.length === 0 ? [] : pathsLeftOut(options, listed)
  const groups =
    options.groups === undefined
      ? undefined
      : readGroups(await readInside(options.path, options.groups), options.groups)
  const alike = options.nearDuplicates === 'group' ? await findAlike(listing, sha256, options, ctx) : undefined
  const rows = folderRows(listing, sha256, {
    ...options,
    groups,
    alike,
    groupsName: options.groups,
    groupOfPath: groupByName(options),
    leftOut: [...dropped, ...excluded],
    keepPartitions: options.splitFolders === 'keep',
  })
  const duplicates = rows.ids.length - new Set(rows.sourceIds).size
  if (duplicates > 0) ctx.log('info', `${String(duplicates)} files repeat the bytes of another; they share its group`)
  if (options.groups === undefined && options.groupPattern === null)
    ctx.log(
      'warn',
      options.nearDuplicates === 'group'
        ? 'No groups file: images that are not nearly the same count as patients of their own'
        : 'No groups file: every image counts as a patient of its own',
    )
  if (options.permuteLabels !== null) ctx.log('warn', 'Labels are permuted: a control, in which nothing can be learned')
  return { images: of(rows) }
}

/** Files that `exclude` leaves out. */
function pathsLeftOut(options: Options, listed: FolderListing): readonly string[] {
  const kept = new Set(listed.files.map(({ path }) => path))
  const all = listFolder(options.path, {
    ...listOptions({ ...options, exclude: [] }),
    classes: listed.classNames,
    otherClasses: 'ignore',
  })
  return all.files.map(({ path }) => path).filter((path) => !kept.has(path))
}

/** Pairs of files that connect all that are nearly the same. */
async function findAlike(
  { classNames, files }: FolderListing,
  sha256: readonly string[],
  options: Options,
  ctx: SeedlessContext,
): Promise<readonly (readonly [number, number])[]> {
  const decode = (index: number) => loadPixels({ row: { uri: files[index]!.path, sourceId: sha256[index]! }, options })
  const table = await fingerprintsOf(files.length, decode, (done) => {
    ctx.signal.throwIfAborted()
    ctx.progress(done, files.length, 'images compared')
  })
  const sets = disjointSets(files.length)
  const pairs: (readonly [number, number])[] = []
  table.findPairs(
    ({ a, b }) => {
      sets.union(a, b)
      pairs.push([a, b])
    },
    { isSettled: (a, b) => sets.find(a) === sets.find(b) },
  )
  const contradiction = pairs.find(([a, b]) => files[a]!.label !== files[b]!.label)
  if (contradiction) {
    const [a, b] = contradiction.map((i) => `"${files[i]!.path}" (${classNames[files[i]!.label]!})`)
    ctx.log('warn', `Near-duplicates are of different classes, e.g. ${a!} and ${b!}`)
  }
  ctx.metric('nearDuplicates', pairs.length)
  return pairs
}

/** The file's pixels, uint8 `[height, width, 3]`, of the bytes that the row was made of; see {@link readPicture}, {@link decodeImage}. */
export const loadPixels = async ({ row, options }: LoadArguments): Promise<PixelImage> => {
  const bytes = await readPicture({ root: options.path, path: row.uri, sha256: row.sourceId })
  return decodeImage(bytes, row.uri, decodeOptions(options))
}

function decodeOptions({ significantBits }: Options): DecodeOptions {
  return { significantBits }
}

/** A picture from elsewhere, by the same contract. */
export const decodePicture: NonNullable<Implementation['decodePicture']> = ({ bytes, name, options, bounds }) =>
  decodeImage(bytes, name, { ...decodeOptions(options), ...bounds })

async function readInside(root: string, name: string): Promise<string> {
  const [realRoot, file] = await Promise.all([
    realpath(root),
    realpath(join(root, name)).catch(() => {
      throw new PipelineError('ERR_MISSING_FILE', {
        message: `There is no groups file "${name}" in the data folder`,
        option: 'groups',
        hint: 'groups is a path relative to path',
      })
    }),
  ])
  if (!file.startsWith(realRoot + sep))
    throw new PipelineError('ERR_OUTSIDE_ROOT', {
      message: `The groups file "${name}" is outside the data folder`,
      option: 'groups',
    })
  return readFile(file, 'utf8')
}
