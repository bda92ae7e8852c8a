import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'

/** Options of `xai/cases`. */
export const casesOptions = Type.Object(
  {
    value: Type.Enum(['margin', 'probability', 'voteShare'], {
      default: 'margin',
      description: 'What is shared out among members, as for xai/members',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 16,
      description: 'Train rows whose features stand for those of an absent base model, drawn with the seed',
    }),
    partition: Type.Enum(['test', 'val', 'train', 'all'], {
      default: 'test',
      description: 'Whose rows are told of',
    }),
    maxCases: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 24,
      description: 'At most so many cases: those that the vote has wrong first, of the others those that have a map',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/cases`, defaults filled in. */
export type CasesOptions = Static<typeof casesOptions>

/** Inputs of `xai/cases`. */
export const casesInputs = {
  images: port.images('split images: features of train rows stand for absent base models'),
  predictor: port.predictor('the vote, e.g. vote.predictor'),
  predictions: port.predictions('what the same vote said of the rows: which it has wrong'),
  attributions: port.attributions.any('maps to show beside each picture, of one method each'),
  models: port.model.any(
    'networks with a head: Grad-CAM of each for the answer, and where that is wrong for the true class, which only a report may see',
    { modelKind: 'network' },
  ),
}

/** Outputs of `xai/cases`. */
export const casesOutputs = {
  report: port.report('cases.json and pictures/*.jpg, of which report/html makes a page for each case'),
}

/** `xai/cases`. */
export const cases: Operation = defineOperation({
  kind: 'report',
  type: 'xai/cases',
  summary:
    'A page for each case: the picture, its maps, what each member says and how much of the decision is its own; wrong cases first',
  cacheVersion: 2,
  options: casesOptions,
  inputs: casesInputs,
  outputs: casesOutputs,
  engine: 'tensor',
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./cases-node.js'),
})
