import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'

/** Options of `xai/check`. */
export const checkOptions = Type.Object(
  {
    value: Type.Enum(['margin', 'probability', 'voteShare'], {
      default: 'margin',
      description: 'What of the predictor’s answer is followed as pixels go: as for xai/vote-shap',
    }),
    maxImages: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 24,
      description: 'At most so many explained images of each input, spread evenly',
    }),
    randomizations: Type.Integer({
      minimum: 1,
      maximum: 20,
      default: 3,
      description: 'Networks with random weights that maps are compared with',
    }),
    batchSize: Type.Integer({
      minimum: 1,
      maximum: 1024,
      default: 64,
      description: 'Changed pictures that the predictor is asked about at a time',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/check`, defaults filled in. */
export type CheckOptions = Static<typeof checkOptions>

/** Inputs of `xai/check`. */
export const checkInputs = {
  attributions: port.attributions.many('maps that are put to the test, of one method each'),
  images: port.images('the split images that they explain; train rows for the model of borders'),
  predictor: port.predictor('whose answer the maps should explain, e.g. vote.predictor'),
  model: port.model.optional(
    'the network that class activation maps are of, for parameter randomisation and sensitivity',
    {
      modelKind: 'network',
    },
  ),
  masks: port.images.optional('lesion masks of the same ids; lesion where the first channel is not 0'),
}

/** Outputs of `xai/check`. */
export const checkOutputs = { report: port.report('check.json, check.md: every figure beside that of a random map') }

/** `xai/check`. */
export const check: Operation = defineOperation({
  kind: 'report',
  type: 'xai/check',
  summary: 'Puts maps to the test, each beside a random map, and asks whether borders alone tell the class',
  cacheVersion: 3,
  options: checkOptions,
  inputs: checkInputs,
  outputs: checkOutputs,
  engine: 'tensor',
  resources: () => ({ cpus: 1, memoryMb: 3000 }),
  load: () => import('./check-node.js'),
})
