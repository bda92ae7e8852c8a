import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

/** Options of `xai/overlay`. */
export const overlayOptions = Type.Object(
  {
    scale: Type.Enum(['shared', 'own'], {
      default: 'shared',
      description: 'Whether full colour means the same raw magnitude in all pictures, or one of its own in each',
    }),
    outlierPercent: Type.Number({
      minimum: 0,
      maximum: 50,
      default: 1,
      description:
        'Percent of the pixels with evidence of a picture that may be stronger than full colour, so that a few pixels do not make all others pale; 0: full colour is the maximum',
    }),
    maxPictures: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 48,
      description:
        'At most so many pictures are drawn: rows that the predictions have wrong first, also those without a map',
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

/** `xai/overlay`. */
export const overlay: Operation = defineOperation({
  kind: 'report',
  type: 'xai/overlay',
  summary: 'Pictures of maps over their images, with raw magnitudes, and how well they meet known lesions',
  cacheVersion: 6,
  draws: false,
  options: overlayOptions,
  inputs: overlayInputs,
  outputs: overlayOutputs,
  load: () => import('./overlay-node.js'),
})
