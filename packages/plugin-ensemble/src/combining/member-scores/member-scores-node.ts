import type { JoiningMapImplementation } from '@etsef/plugin-api'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import type { memberInputs, memberScoresOutputs } from '../members/ports.js'
import { joinedMembers } from '../members/read-members.js'
import { stackedNames, stackedScores } from '../stack/stack-model.js'

/** Adapter of `ensemble/member-scores`: learns nothing. */
export const memberScoresNode: JoiningMapImplementation<object, typeof memberInputs, typeof memberScoresOutputs> = {
  open: () =>
    Promise.resolve({
      apply: ({ predictions }) => {
        const { rows, tables } = joinedMembers(predictions)
        const members = tables.map(({ name, value: { scores, predicted, ids } }) => ({
          name,
          probabilities: matrix(ids.length, rows.classNames.length, scores),
          predicted,
        }))
        const { data } = stackedScores(members, 'probability')
        const featureNames = stackedNames(members, rows.classNames)
        return Promise.resolve({
          features: { kind: 'features' as const, ...rows, features: Float32Array.from(data), featureNames },
        })
      },
    }),
}
