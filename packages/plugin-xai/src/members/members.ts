import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'
import { maxImagesOption, partitionOption } from '../explained/explained-options.js'

/** Options of `xai/members`. */
export const membersOptions = Type.Object(
  {
    value: Type.Enum(['margin', 'probability', 'voteShare'], {
      default: 'margin',
      description:
        'What is shared out: score of the answer minus the largest other one; its probability (of a calibrated or soft vote); its share of the votes',
    }),
    background: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 16,
      description: 'Train rows whose features stand for those of an absent base model, drawn with the seed',
    }),
    partition: partitionOption,
    maxImages: maxImagesOption(100),
  },
  { additionalProperties: false },
)

/** Options of `xai/members`, defaults filled in. */
export type MembersOptions = Static<typeof membersOptions>

/** Inputs of `xai/members`. */
export const membersInputs = {
  images: port.images('split images: some are explained, features of train rows stand for absent base models'),
  predictor: port.predictor('the vote, e.g. vote.predictor'),
}

/** Outputs of `xai/members`. */
export const membersOutputs = { report: port.report('members.json: shares of every case; a table of their means') }

/** `xai/members`. */
export const members: Operation = defineOperation({
  kind: 'report',
  type: 'xai/members',
  summary: 'Who carried the decision: exact Shapley values of the classifiers, and of the base models, for each case',
  cacheVersion: 1,
  options: membersOptions,
  inputs: membersInputs,
  outputs: membersOutputs,
  resources: () => ({ cpus: 1, memoryMb: 2500 }),
  load: () => import('./members-node.js'),
})
