import { PipelineError, type PredictorStep, type PredictorValue } from '@etsef/plugin-api'

/** Somebody who takes part in a decision: a name, and the rows of his that can be replaced. */
export interface Player {
  readonly name: string
  /** `node.port` of each output that is his. */
  readonly outputs: readonly string[]
}

/** Who takes part in a predictor's decision. */
export interface Players {
  /** Members of the vote: those whose answers the last node that reads several combines. */
  readonly classifiers: readonly Player[]
  /** Networks: those that see pictures, and give features. */
  readonly baseModels: readonly Player[]
}

/**
 * The players of a predictor, by how its nodes are wired.
 *
 * @throws PipelineError `ERR_PORT_KIND` where no node combines the answers of several.
 */
export function findPlayers({ steps }: Pick<PredictorValue, 'steps'>): Players {
  const vote = [...steps].reverse().find(({ reads }) => answersOf(reads).length > 1)
  if (!vote) {
    throw new PipelineError('ERR_PORT_KIND', {
      message: `No node on the way to "${steps.at(-1)?.node ?? ''}" combines the answers of several, so there are no members`,
      port: 'predictor',
      expected: 'the predictor of a vote, or of what stands behind one',
      hint: 'take vote.predictor',
    })
  }
  const nameOf = ({ gives }: PredictorStep): string => {
    const outputs = gives.map(({ output }) => output)
    // At a many-port an edge has the name of what stands before it; elsewhere that of the port.
    return (
      steps.flatMap(({ reads }) => reads).find(({ kind, output }) => kind === 'features' && outputs.includes(output))
        ?.name ?? 'features'
    )
  }
  return {
    classifiers: answersOf(vote.reads).map(({ name, output }) => ({ name, outputs: [output] })),
    baseModels: steps
      .filter(
        ({ reads, gives }) =>
          reads.some(({ kind }) => kind === 'images') && gives.some(({ kind }) => kind === 'features'),
      )
      .map((step) => ({
        name: nameOf(step),
        outputs: step.gives.flatMap(({ kind, output }) =>
          kind === 'features' || kind === 'predictions' ? [output] : [],
        ),
      })),
  }
}

function answersOf(reads: PredictorStep['reads']): PredictorStep['reads'] {
  return reads.filter(({ kind }) => kind === 'predictions')
}
