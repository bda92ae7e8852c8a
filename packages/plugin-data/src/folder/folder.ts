import { Type, contentPath, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { orIssue } from '../or-issue.js'
import { permuteLabelsOption } from '../permute-labels-option.js'
import { describeClasses, imageExtensions, listFolder, type ListFolderOptions } from './list-folder.js'
import { groupByName } from './group-by-name.js'
import { readExcluded } from './read-excluded.js'

/** Options of `data/folder`. */
export const folderOptions = Type.Object(
  {
    path: contentPath(
      'Folder with one sub-folder of images per class, or with train_directory and test_directory that hold such',
    ),
    groups: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'CSV below path with columns file,group (class is checked, note ignored). Left out: every image is its own patient',
      }),
    ),
    groupPattern: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'Regular expression on file names without extension, whose first bracket is the patient, as in ^(\\d+)_; another name is a patient of its own. null: no pattern',
    }),
    nearDuplicates: Type.Enum(['separate', 'group'], {
      default: 'separate',
      description:
        'group: pictures that are nearly the same share a group, which joins the groups they have; decodes every picture once',
    }),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Class folders in class-list order. Left out: all, sorted by code point, each with images of its own, not only in sub-folders',
      }),
    ),
    otherClasses: Type.Enum(['refuse', 'ignore'], {
      default: 'refuse',
      description: 'What happens to class folders that classes does not name',
    }),
    extensions: Type.Array(Type.String({ pattern: '^\\.[a-z0-9]+$' }), {
      minItems: 1,
      default: [...imageExtensions],
      description: 'Extensions taken for images, lower case with the dot; names are compared in lower case',
    }),
    exclude: Type.Union(
      [Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true }), Type.String({ minLength: 1 })],
      {
        default: [],
        description:
          'Files and folders that are left out, by their path below path; or the path of a text file there that names one a line',
      },
    ),
    onBroken: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description:
        'What happens to files that cannot be decoded; what was dropped stands in the log and the figures of the node',
    }),
    onDuplicate: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description:
        'What happens to files with the same bytes in two classes, of which one label is wrong; drop leaves out all of them. In one class they share a group',
    }),
    splitFolders: Type.Enum(['ignore', 'keep'], {
      default: 'ignore',
      description:
        'Whether train, validation and test directories become the partitions (keep) or are pooled for data/split (ignore)',
    }),
    perClass: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description: 'At most so many images of each class, chosen by digest. null: all',
    }),
    significantBits: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 16,
      description: 'Significant bits of 16-bit files: 12 for 12-bit scans',
    }),
    permuteLabels: permuteLabelsOption,
  },
  { additionalProperties: false },
)

/** The part of the options that decides which files are listed. */
export function listOptions({
  path,
  classes,
  otherClasses,
  extensions,
  exclude,
}: Static<typeof folderOptions>): ListFolderOptions {
  return { otherClasses, extensions, exclude: readExcluded(path, exclude), ...(classes && { classes }) }
}

/** Outputs of `data/folder`. */
export const folderOutputs = { images: port.images('the images of the folder, by class, undecoded') }

/** `data/folder`. */
export const folder: Operation = defineOperation({
  kind: 'source',
  type: 'data/folder',
  summary: 'Images of a folder tree whose folders name the classes',
  cacheVersion: 2,
  draws: false,
  options: folderOptions,
  inputs: {},
  outputs: folderOutputs,
  inspect: ({ options, resolve, issue, notice }) =>
    orIssue(issue, 'path', () => {
      groupByName(options)
      const path = resolve(options.path)
      const listing = listFolder(path, listOptions({ ...options, path }))
      const { classNames, files, partitions } = listing
      notice?.(describeClasses(listing))
      const numSamples = classNames.reduce(
        (total, _, label) =>
          total + Math.min(options.perClass ?? Infinity, files.filter((file) => file.label === label).length),
        0,
      )
      return {
        images: {
          classNames,
          // How many are dropped is known when they were read.
          ...(options.onBroken === 'refuse' && options.onDuplicate === 'refuse' && { numSamples }),
          partitions: options.splitFolders === 'keep' ? partitions : ['none'],
          attributes: [],
          isAugmented: false,
        },
      }
    }),
  load: () => import('./folder-node.js'),
})
