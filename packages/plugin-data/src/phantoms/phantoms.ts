import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'
import { permuteLabelsOption } from '../permute-labels-option.js'
import { modalities } from './anatomy.js'
import { lesionKinds } from './lesion.js'

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
    lesionSize: Type.Number({
      minimum: 0.2,
      maximum: 2,
      default: 1,
      description: 'Factor of the radius of lesions; larger is easier',
    }),
    contrast: Type.Number({
      minimum: 0,
      maximum: 3,
      default: 1,
      description: 'Factor of what lesions change the grey by; larger is easier',
    }),
    borderCue: Type.Boolean({
      default: false,
      description:
        'Burns a bright mark into the upper edge whose place follows the class: a shortcut that explanations should show',
    }),
    dataSeed: Type.Integer({
      default: 1,
      description: 'Which data set. It does not follow the run seed: repeats over seeds see the same pictures',
    }),
    permuteLabels: permuteLabelsOption,
  },
  { additionalProperties: false },
)

/** Outputs of `data/phantoms`. */
export const phantomOutputs = {
  images: port.images('the pictures, drawn when read'),
  masks: port.images('the same rows; pixels are lesion masks, uint8 [size, size, 1], 255 on the lesion'),
}

/** `data/phantoms`. */
export const phantoms: Operation = defineOperation({
  kind: 'source',
  type: 'data/phantoms',
  summary: 'Synthetic medical-like pictures of patients with lesions, and the lesion masks',
  cacheVersion: 1,
  draws: false,
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
    return { images: { ...spec, channels: 3 }, masks: { ...spec, channels: 1 } }
  },
  load: () => import('./phantoms-node.js'),
})
