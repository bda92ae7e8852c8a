import type { CombineImplementation } from '@etsef/plugin-api'
import { of } from 'rxjs'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import type { memberInputs, memberScoresOutputs } from '../members/ports.js'
import { readMembers } from '../members/read-members.js'
import { stackedNames, stackedScores } from '../stack/stack-model.js'

/** Adapter of `ensemble/member-scores`: learns nothing. */
export const memberScoresNode: CombineImplementation<
  Readonly<Record<string, never>>,
  typeof memberInputs,
  typeof memberScoresOutputs
> = {
  run: async ({ inputs, ctx }) => {
    const { rows, tables } = await readMembers(inputs.predictions, ctx.signal)
    const members = tables.map(({ name, value: { scores, predicted, ids } }) => ({
      name,
      probabilities: matrix(ids.length, rows.classNames.length, scores),
      predicted,
    }))
    const { data } = stackedScores(members, 'probability')
    const featureNames = stackedNames(members, rows.classNames)
    return { features: of({ kind: 'features', ...rows, features: Float32Array.from(data), featureNames }) }
  },
}
