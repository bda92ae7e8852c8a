import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption } from '../explained/explained-options.js'

/** Options of `xai/grad-cam`. */
export const gradCamOptions = Type.Object(
  {
    method: Type.Enum(
      ['grad-cam', 'grad-cam++', 'hires-cam', 'layer-cam', 'x-grad-cam', 'score-cam', 'ablation-cam', 'eigen-cam'],
      {
        default: 'grad-cam',
        description:
          'How the layer is weighed: by gradients; by what channels do alone, or what is lost without them (a pass each); or by no class at all (eigen-cam)',
      },
    ),
    targetLayer: Type.Union(
      [Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }), Type.Null()],
      {
        default: null,
        description:
          'Name of a spatial layer of the network. null: the last one. Several: of each map the positive part is divided by its maximum, and they are combined; a pass each',
      },
    ),
    combine: Type.Enum(['mean', 'max'], {
      default: 'mean',
      description: 'How maps of several layers are combined, place by place',
    }),
    flip: Type.Boolean({
      default: false,
      description: 'Mean with the map of the mirrored picture, mirrored back: smoother, at twice the cost',
    }),
    targetClass: Type.String({
      default: 'predicted',
      minLength: 1,
      description:
        'Whose logit is explained: predicted (of each image, by the predictions at the input or else by the network), or a class name',
    }),
    grid: Type.Enum(['receptive-field', 'cells'], {
      default: 'receptive-field',
      description:
        'receptive-field: maps of the size of the network input, each cell at the centre of what it sees. cells: maps of the layer, to be stretched',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(24),
    batchSize: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 8,
      description: 'Images per pass; memory grows with it',
    }),
  },
  { additionalProperties: false },
)

/** Inputs of `xai/grad-cam`. */
export const gradCamInputs = {
  images: port.images('split images'),
  model: port.model('a network with a classification head', { modelKind: 'network' }),
  predictions: port.predictions.optional(
    'answers whose class is explained, e.g. of the vote; left out: the network’s own',
  ),
}

/** Outputs of `xai/grad-cam`. */
export const gradCamOutputs = {
  attributions: port.attributions('a raw map [height, width] per explained image, in logits'),
}

/** `xai/grad-cam`. */
export const gradCam: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/grad-cam',
  summary: 'Class activation maps: where in the image the logit of a class comes from',
  cacheVersion: 2,
  draws: false,
  options: gradCamOptions,
  inputs: gradCamInputs,
  outputs: gradCamOutputs,
  rowPolicy: 'subset',
  engine: 'tensor',
  plan: ({ options, inputs, issue }) => {
    const { classNames, partitions } = inputs.images
    const modelClasses = inputs.model.classNames
    if (modelClasses && modelClasses.length === 0)
      issue('in:model', 'The model has no classification head, so there is no logit to explain', {
        hint: 'take the model of a fine-tuned network',
      })
    else if (classNames && modelClasses && modelClasses.join('\n') !== classNames.join('\n')) {
      issue('in:model', 'The model has other classes than the images', {
        code: 'ERR_CLASS_LIST',
        expected: classNames.join(', '),
        received: modelClasses.join(', '),
      })
    }
    if (Array.isArray(options.targetLayer) && options.targetLayer.length > 1 && options.grid === 'cells')
      issue('grid', 'Layers have cells of different sizes, so their maps are combined over the picture', {
        expected: 'grid: receptive-field',
      })
    if (options.targetClass !== 'predicted' && inputs.predictions)
      issue('in:predictions', 'A class is named, and answers whose class should be explained are given', {
        hint: 'leave one of them out',
      })
    const known = modelClasses ?? classNames
    if (options.targetClass !== 'predicted' && known && known.length > 0 && !known.includes(options.targetClass)) {
      issue('targetClass', `There is no class "${options.targetClass}" to explain`, {
        expected: `predicted, or one of ${known.join(', ')}`,
      })
    }
    if (options.partition === 'all' || !partitions) return { attributions: {} }
    if (!partitions.includes(options.partition))
      issue('partition', `There are no ${options.partition} images to explain`, {
        received: `partitions ${partitions.join(', ')}`,
      })
    return { attributions: { partitions: [options.partition] } }
  },
  resources: () => ({ cpus: 1, memoryMb: 2000 }),
  load: () => import('./grad-cam-node.js'),
})
