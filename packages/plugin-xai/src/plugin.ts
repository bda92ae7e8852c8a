import { Type, defineOperation, definePlugin, port, type Plugin } from '@etsef/plugin-api'
import { treeShapOptions } from './shap/tree-shap-options.js'

/** Options of `xai/grad-cam`. */
export const gradCamOptions = Type.Object(
  {
    method: Type.Enum(['grad-cam', 'grad-cam++', 'hires-cam', 'layer-cam', 'x-grad-cam'], {
      default: 'grad-cam',
      description: 'How gradients weigh the layer',
    }),
    layer: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Name of a spatial layer of the network. null: the last one',
    }),
    target: Type.String({
      default: 'predicted',
      minLength: 1,
      description: 'Whose logit is explained: predicted (of each image), or a class name',
    }),
    grid: Type.Enum(['receptive-field', 'cells'], {
      default: 'receptive-field',
      description:
        'receptive-field: maps of the size of the network input, each cell at the centre of what it sees. cells: maps of the layer, to be stretched',
    }),
    partition: Type.Enum(['test', 'val', 'train', 'all'], {
      default: 'test',
      description: 'Whose images are explained',
    }),
    maxImages: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 24,
      description: 'At most so many images, spread evenly over the rows',
    }),
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
}

/** Outputs of `xai/grad-cam`. */
export const gradCamOutputs = {
  attributions: port.attributions('a raw map [height, width] per explained image, in logits'),
}

/** Options of `xai/overlay`. */
export const overlayOptions = Type.Object(
  {
    scale: Type.Enum(['shared', 'own'], {
      default: 'shared',
      description: 'Whether full colour means the same raw magnitude in all pictures, or the maximum of each',
    }),
    columns: Type.Integer({ minimum: 1, maximum: 8, default: 2, description: 'Panels side by side on the sheet' }),
  },
  { additionalProperties: false },
)

/** Inputs of `xai/overlay`. */
export const overlayInputs = {
  attributions: port.attributions('maps to draw'),
  images: port.images('the images that the maps explain'),
  masks: port.images.optional('lesion masks of the same ids; lesion where the first channel is not 0'),
  predictions: port.predictions.optional('predictions to name beside the map, e.g. of the vote'),
}

/** Outputs of `xai/overlay`. */
export const overlayOutputs = { report: port.report('overlays/*.png, sheet.png, attributions.json') }

/** Inputs of `xai/tree-shap`. */
export const treeShapInputs = {
  features: port.features('the rows that the classifier was fitted on and applied to'),
  model: port.model('the model of ensemble/xgboost or ensemble/random-forest', {
    modelKind: 'classifier',
    algorithm: ['xgboost', 'random-forest'],
  }),
}

/** Outputs of `xai/tree-shap`. */
export const treeShapOutputs = {
  attributions: port.attributions('Shapley values [numClasses, numFeatures] per row'),
}

const gradCam = defineOperation({
  kind: 'combine',
  type: 'xai/grad-cam',
  summary: 'Class activation maps: where in the image the logit of a class comes from',
  cacheVersion: 1,
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
        expected: classNames.join(', '),
        received: modelClasses.join(', '),
      })
    }
    const known = modelClasses ?? classNames
    if (options.target !== 'predicted' && known && known.length > 0 && !known.includes(options.target)) {
      issue('target', `There is no class "${options.target}" to explain`, {
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
  load: () => import('./cam/grad-cam-node.js'),
})

const overlay = defineOperation({
  kind: 'report',
  type: 'xai/overlay',
  summary: 'Pictures of maps over their images, with raw magnitudes, and how well they meet known lesions',
  cacheVersion: 2,
  options: overlayOptions,
  inputs: overlayInputs,
  outputs: overlayOutputs,
  load: () => import('./overlay/overlay-node.js'),
})

const treeShap = defineOperation({
  // An estimator, so that the runner decides what the background is drawn from: train rows, and no others.
  kind: 'estimator',
  type: 'xai/tree-shap',
  summary: 'Exact Shapley values of the columns for each output of a tree ensemble, against train rows',
  cacheVersion: 1,
  options: treeShapOptions,
  inputs: treeShapInputs,
  outputs: treeShapOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: false,
  load: () => import('./shap/tree-shap-node.js'),
})

const plugin: Plugin = definePlugin({ name: 'xai', operations: [gradCam, overlay, treeShap] })

export default plugin
