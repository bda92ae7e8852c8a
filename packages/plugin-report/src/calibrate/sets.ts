import { PipelineError, type SetsProvider } from '@etsef/plugin-api'
import { alignPredictions } from '../evaluate/align.js'
import { hasProbabilities } from '../evaluate/evaluation.js'
import { groupMembers } from '../intervals/bootstrap.js'
import { conformalThresholds, setAlpha } from './conformal.js'

/** Prediction sets outside a pipeline, for the runner: calibrated as `report/evaluate` calibrates them. */
const provider: SetsProvider = {
  calibrateSets(rows) {
    if (rows.ids.length === 0) return { missing: 'there are no validation rows to calibrate them on' }
    try {
      const { judged, candidates, ids } = alignPredictions([{ name: 'answers', value: rows }], 'val')
      const [{ scores } = { scores: new Float64Array() }] = candidates
      if (!candidates.every((each) => hasProbabilities(judged, each))) return { missing: 'scores are no probabilities' }
      const labelled = { yTrue: judged.yTrue, scores, numClasses: judged.classNames.length, groups: judged.groups }
      const thresholds = (within: 'marginal' | 'class'): readonly (number | null)[] =>
        [...conformalThresholds(labelled, { alpha: setAlpha, within })].map((each) => (each === Infinity ? null : each))
      return {
        level: 1 - setAlpha,
        numSamples: ids.length,
        numGroups: groupMembers(judged.groups).length,
        marginal: thresholds('marginal'),
        classConditional: thresholds('class'),
      }
    } catch (thrown) {
      // Which row it is, is not for those who get the answers.
      if (thrown instanceof PipelineError)
        return { missing: 'a validation row has no label, or a score that is no number' }
      throw thrown
    }
  },
}

export default provider
