import {
  collectFeatures,
  joinRows,
  PipelineError,
  type JoiningEstimatorImplementation,
  type Static,
} from '@etsef/plugin-api'
import { featureMatrix, loadModel, saveModel } from '@etsef/plugin-api/models'
import { takeRows } from '../../numeric/linear-algebra/matrix.js'
import { labelledRows } from '../members/labelled-rows.js'
import { correctness } from '../members/member.js'
import type { combinedOutputs, dynamicSelectionInputs } from '../members/ports.js'
import { joinedMembers, membersOf, ranksOf, readMembers } from '../members/read-members.js'
import { countTies } from '../members/tie-rate.js'
import { dynamicSelector, type KnownOracles } from './dynamic-selection-model.js'
import type { dynamicSelectionOptions } from './dynamic-selection.js'

/** The val rows, who is right on them, and the ranks of the members. */
interface DynamicSelectionModel extends KnownOracles {
  readonly kind: 'dynamic-selection'
  /** Names of the known rows: none is its own neighbour. */
  readonly ids: readonly string[]
  readonly ranks?: readonly number[]
}

/** Adapter of `ensemble/dynamic-selection`: neighbours are val rows only. */
export const dynamicSelectionNode: JoiningEstimatorImplementation<
  Static<typeof dynamicSelectionOptions>,
  typeof dynamicSelectionInputs,
  typeof combinedOutputs,
  DynamicSelectionModel
> = {
  fit: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const known = labelledRows(aligned.rows, membersOf(aligned, 'hard'), 'val')
    const numKnown = known.indices.length
    if (numKnown < 2) {
      throw new PipelineError('ERR_TOO_FEW_ROWS', {
        message: 'Dynamic selection needs two val rows or more',
        expected: '2 or more',
        received: String(numKnown),
      })
    }
    if (numKnown <= options.neighbors)
      ctx.log(
        'warn',
        `neighbors: ${options.neighbors} is lowered to ${numKnown - 1}, as there are ${numKnown} val rows`,
      )
    const features = await collectFeatures(inputs.features, ctx.signal)
    const ids = known.indices.map((i) => aligned.rows.ids[i]!)
    const positions = joinRows({ ids }, features, { left: 'predictions', right: 'features' })
    return {
      kind: 'dynamic-selection',
      ids,
      x: takeRows(featureMatrix(features), positions),
      correct: correctness(known.members, known.labels),
      ...ranksOf(aligned),
    }
  },
  save: saveModel,
  // `loadModel` has checked the kind, and the runner that the bytes are those `save` wrote.
  load: async (dir) => (await loadModel(dir, 'dynamic-selection')) as DynamicSelectionModel,
  open: ({ state, options, ctx }) => {
    const { ids, ranks } = state
    const select = dynamicSelector(state, { ...options, ...(ranks === undefined ? {} : { ranks }) })
    const places = new Map(ids.map((id, at) => [id, at]))
    const ties = countTies(ctx)
    let [numSelected, numRows] = [0, 0]
    return Promise.resolve({
      apply: ({ predictions, features }) => {
        const aligned = joinedMembers(predictions)
        const own = aligned.rows.ids.map((id) => places.get(id) ?? -1)
        const selection = select(membersOf(aligned, 'hard'), featureMatrix(features), own)
        ties.add(selection)
        numSelected += selection.numSelected
        numRows += own.length
        return Promise.resolve({
          predictions: {
            kind: 'predictions' as const,
            ...aligned.rows,
            scores: selection.scores.data,
            scoreKind: 'voteShare' as const,
            predicted: selection.predicted,
          },
        })
      },
      close: () => {
        ctx.metric('meanSelected', numSelected / numRows)
        ties.record()
        return Promise.resolve()
      },
    })
  },
}
