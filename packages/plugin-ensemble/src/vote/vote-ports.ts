import { port } from '@etsef/plugin-api'

/** Inputs of `ensemble/vote`. */
export const voteInputs = { predictions: port.predictions.many('Members of the vote: predictions over the same rows') }

/** Outputs of `ensemble/vote`. */
export const voteOutputs = {
  predictions: port.predictions(
    'The ensemble’s class per row, with shares of votes (hard) or mean probabilities (soft)',
  ),
}
