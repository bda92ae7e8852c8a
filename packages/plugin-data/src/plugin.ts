import { PipelineError, Type, contentPath, defineOperation, definePlugin, port, type Plugin } from '@etsef/plugin-api'
import { describeClasses, imageExtensions, listFolder } from './folder/list-folder.js'
import { lesionKinds } from './phantoms/lesion.js'
import { modalities } from './phantoms/anatomy.js'
import { nearDuplicatesOptions } from './near-duplicates/near-duplicates-options.js'

const permuteLabels = Type.Union([Type.Integer(), Type.Null()], {
  default: null,
  description: 'Seed that deals labels anew among groups: a control in which nothing can be learned. null: true labels',
})

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
    partitions: Type.Enum(['ignore', 'keep'], {
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
    permuteLabels,
  },
  { additionalProperties: false },
)

/** Options of `data/phantoms`. */
export const phantomOptions = Type.Object(
  {
    modality: Type.Enum(modalities, {
      default: 'brain-t1',
      description: 'What the pictures imitate. brain-t1 and brain-t2 are related: same anatomy, other contrast',
    }),
    classes: Type.Array(Type.Enum(lesionKinds), {
      minItems: 2,
      uniqueItems: true,
      default: ['normal', 'nodule', 'ring', 'diffuse'],
      description: 'Kinds of lesion, in class-list order',
    }),
    perClass: Type.Integer({ minimum: 1, maximum: 100_000, default: 60, description: 'Pictures of each class' }),
    imagesPerPatient: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 3,
      description: 'Pictures of each simulated patient, which is the group',
    }),
    size: Type.Integer({ minimum: 8, maximum: 1024, default: 64, description: 'Height and width in pixels' }),
    noise: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.03,
      description: 'Standard deviation of pixel noise as a share of the grey range; larger is harder',
    }),
    dataSeed: Type.Integer({
      default: 1,
      description: 'Which data set. It does not follow the run seed: repeats over seeds see the same pictures',
    }),
    permuteLabels,
  },
  { additionalProperties: false },
)

const fraction = (value: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: value, description })

/** Options of `data/split`. */
export const splitOptions = Type.Object(
  {
    train: fraction(0.6, 'Share of the rows to fit on'),
    val: fraction(0.2, 'Share of the rows for early stopping, calibration and choices; 0 for none'),
    test: fraction(0.2, 'Share of the rows that nothing is fitted or chosen on; 0 for none'),
    splitSeed: Type.Optional(
      Type.Integer({
        description:
          'Which split. Left out: follows the run seed. Given: it does not, so that repeats over splits share what does not depend on them',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Outputs of `data/folder`. */
export const folderOutputs = { images: port.images('the images of the folder, by class, undecoded') }

/** Outputs of `data/phantoms`. */
export const phantomOutputs = {
  images: port.images('the pictures, drawn when read'),
  masks: port.images('the same rows; pixels are lesion masks, uint8 [size, size, 1], 255 on the lesion'),
}

/** Inputs of `data/split`. */
export const splitInputs = { images: port.images('unsplit images') }

/** Inputs of `data/near-duplicates`. */
export const nearDuplicatesInputs = {
  images: port.images.many('one data set, or several of which one is what others are pre-trained for'),
}

/** Outputs of `data/near-duplicates`. */
export const nearDuplicatesOutputs = {
  report: port.report('groups.csv (groups-<input>.csv of several), pairs.csv, shared-groups.csv, table.md'),
}

/** Outputs of `data/split`. */
export const splitOutputs = { images: port.images('the same images, each in a partition') }

const folder = defineOperation({
  kind: 'source',
  type: 'data/folder',
  summary: 'Images of a folder tree whose folders name the classes',
  cacheVersion: 2,
  options: folderOptions,
  inputs: {},
  outputs: folderOutputs,
  inspect: ({ options, resolve, issue, notice }) => {
    try {
      const listing = listFolder(resolve(options.path), {
        otherClasses: options.otherClasses,
        extensions: options.extensions,
        ...(options.classes && { classes: options.classes }),
      })
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
          numSamples,
          partitions: options.partitions === 'keep' ? partitions : ['none'],
          isAugmented: false,
        },
      }
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      const { expected, received, hint } = error
      issue(error.option ?? 'path', error.message, {
        ...(expected !== undefined && { expected }),
        ...(received !== undefined && { received }),
        ...(hint !== undefined && { hint }),
      })
      return {}
    }
  },
  load: () => import('./folder/folder-node.js'),
})

const phantoms = defineOperation({
  kind: 'source',
  type: 'data/phantoms',
  summary: 'Synthetic medical-like pictures of patients with lesions, and the lesion masks',
  cacheVersion: 1,
  options: phantomOptions,
  inputs: {},
  outputs: phantomOutputs,
  plan: ({ options }) => {
    const spec = {
      classNames: options.classes,
      numSamples: options.classes.length * options.perClass,
      partitions: ['none' as const],
      isAugmented: false,
    }
    return { images: spec, masks: spec }
  },
  load: () => import('./phantoms/phantoms-node.js'),
})

const split = defineOperation({
  kind: 'combine',
  type: 'data/split',
  summary: 'The images with a partition each: stratified by class, no group in two partitions',
  cacheVersion: 1,
  options: splitOptions,
  inputs: splitInputs,
  outputs: splitOutputs,
  rowPolicy: 'split',
  plan: ({ options, issue }) => {
    const { train, val, test } = options
    if (Math.abs(train + val + test - 1) > 1e-9) {
      issue('train', 'The fractions of a split must sum to 1', {
        expected: 'train + val + test = 1',
        received: String(Number((train + val + test).toPrecision(12))),
      })
    }
    if (train === 0) issue('train', 'A split needs a train partition', { expected: 'train above 0' })
    return { images: { partitions: (['train', 'val', 'test'] as const).filter((partition) => options[partition] > 0) } }
  },
  load: () => import('./split/split-node.js'),
})

const nearDuplicates = defineOperation({
  kind: 'report',
  type: 'data/near-duplicates',
  summary:
    'Audit: pictures that are nearly the same, in different partitions, classes or data sets, and the groups they make',
  cacheVersion: 2,
  options: nearDuplicatesOptions,
  inputs: nearDuplicatesInputs,
  outputs: nearDuplicatesOutputs,
  load: () => import('./near-duplicates/near-duplicates-node.js'),
})

const plugin: Plugin = definePlugin({ name: 'data', operations: [folder, phantoms, split, nearDuplicates] })

export default plugin
