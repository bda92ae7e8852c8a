import { Type, contentPath, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { describeClasses, listFolder, type ListFolderOptions } from '../folder/list-folder.js'
import { readExcluded } from '../folder/read-excluded.js'
import { orIssue } from '../or-issue.js'
import { permuteLabelsOption } from '../permute-labels-option.js'
import { windowOptions } from './window-options.js'

/** Options of `data/dicom`. */
export const dicomOptions = Type.Object(
  {
    path: contentPath(
      'Folder with one sub-folder of DICOM or NIfTI files per class, or with train_directory and test_directory that hold such',
    ),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Class folders in class-list order. Left out: all, sorted by code point, each with files of its own',
      }),
    ),
    otherClasses: Type.Enum(['refuse', 'ignore'], {
      default: 'refuse',
      description: 'What happens to class folders that classes does not name',
    }),
    extensions: Type.Array(Type.String({ pattern: '^(\\.[a-z0-9.]+)?$' }), {
      minItems: 1,
      default: ['.dcm', '.dicom', '.ima', '.nii', '.nii.gz'],
      description: 'Endings of names taken for images, in lower case; "" takes every file',
    }),
    exclude: Type.Union(
      [Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true }), Type.String({ minLength: 1 })],
      {
        default: [],
        description:
          'Files and folders that are left out, by their path below path; or the path of a text file there that names one a line',
      },
    ),
    frames: Type.Enum(['first', 'middle', 'all'], {
      default: 'middle',
      description: 'Which frames of DICOM and slices of NIfTI become pictures; all of a file share a group',
    }),
    namedPaths: Type.Enum(['refuse', 'keep'], {
      default: 'refuse',
      description:
        'Paths with the patient’s name or id of the file in them, which would be kept as ids of rows. keep: they are pseudonyms already',
    }),
    onBroken: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description: 'What happens to files that cannot be decoded',
    }),
    onDuplicate: Type.Enum(['refuse', 'drop'], {
      default: 'refuse',
      description: 'What happens to files with the same bytes in two classes, of which one label is wrong',
    }),
    splitFolders: Type.Enum(['ignore', 'keep'], {
      default: 'ignore',
      description: 'Whether train, validation and test directories become the partitions or are pooled for data/split',
    }),
    perClass: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      default: null,
      description: 'At most so many pictures of each class, chosen by digest. null: all',
    }),
    ...windowOptions,
    permuteLabels: permuteLabelsOption,
  },
  { additionalProperties: false },
)

/** Values of {@link dicomOptions}. */
export type DicomSetOptions = Static<typeof dicomOptions>

/** The part of the options that decides which files are listed. */
export function dicomListOptions({
  path,
  classes,
  otherClasses,
  extensions,
  exclude,
}: DicomSetOptions): ListFolderOptions {
  return { otherClasses, extensions, exclude: readExcluded(path, exclude), ...(classes && { classes }) }
}

/** Outputs of `data/dicom`. */
export const dicomOutputs = { images: port.images('the pictures of the files, by class, undecoded') }

/** `data/dicom`. */
export const dicom: Operation = defineOperation({
  kind: 'source',
  type: 'data/dicom',
  summary: 'Frames of DICOM files and slices of NIfTI volumes in a folder per class, grouped by patient',
  cacheVersion: 1,
  draws: false,
  options: dicomOptions,
  inputs: {},
  outputs: dicomOutputs,
  inspect: ({ options, resolve, issue, notice }) =>
    orIssue(issue, 'path', () => {
      const path = resolve(options.path)
      const listing = listFolder(path, dicomListOptions({ ...options, path }))
      notice?.(describeClasses(listing))
      return {
        images: {
          classNames: listing.classNames,
          partitions: options.splitFolders === 'keep' ? listing.partitions : ['none'],
          attributes: [],
          isAugmented: false,
        },
      }
    }),
  load: () => import('./dicom-node.js'),
})
