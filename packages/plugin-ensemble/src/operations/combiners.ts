import { defineOperation, type InputSpecs, type Operation, type PlanArguments, type Spec } from '@etsef/plugin-api'
import { fuseOptions } from '../fuse/fuse-options.js'
import { fuseInputs, fuseOutputs } from '../fuse/fuse-ports.js'
import { voteOptions } from '../vote/vote-options.js'
import { voteInputs, voteOutputs } from '../vote/vote-ports.js'

type Issue = PlanArguments<unknown, typeof voteInputs>['issue']
type Sources = InputSpecs<typeof voteInputs>['predictions']

/** Operations that join several inputs. */
export const combiners: readonly Operation[] = [
  defineOperation({
    kind: 'combine',
    type: 'ensemble/fuse',
    summary: 'Joins feature tables by id: all columns side by side, under their source’s name',
    cacheVersion: 1,
    options: fuseOptions,
    inputs: fuseInputs,
    outputs: fuseOutputs,
    plan: ({ options, inputs, issue }) => {
      checkSources('in:features', inputs.features, issue)
      checkWeights(options.weights, inputs.features.length, 'sources', issue)
      const widths = inputs.features.map(({ value }) => value.numFeatures)
      const known = widths.every((width) => width !== undefined)
      return {
        features: {
          ...sharedSpec(inputs.features),
          numFeatures: known ? widths.reduce((sum, width) => sum + width, 0) : undefined,
        },
      }
    },
    load: () => import('../fuse/fuse-node.js'),
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/vote',
    summary: 'Majority vote of fitted classifiers, or the mean of their probabilities; nothing is refitted',
    cacheVersion: 1,
    options: voteOptions,
    inputs: voteInputs,
    outputs: voteOutputs,
    plan: ({ options, inputs, issue }) => {
      checkSources('in:predictions', inputs.predictions, issue)
      checkWeights(options.weights, inputs.predictions.length, 'members', issue)
      return { predictions: sharedSpec(inputs.predictions) }
    },
    load: () => import('../vote/vote-node.js'),
  }),
]

function checkSources(at: string, sources: Sources, issue: Issue): void {
  const [first] = sources
  sources.forEach(({ name, value }, index) => {
    if (sources.findIndex((source) => source.name === name) !== index) {
      issue(at, `"${name}" is given twice`, { hint: 'a source joined to itself counts double' })
    }
    const [expected, received] = [first?.value.classNames, value.classNames]
    if (first && expected && received && expected.join('\n') !== received.join('\n')) {
      issue(at, `"${name}" and "${first.name}" have different class lists`, {
        expected: expected.join(', '),
        received: received.join(', '),
      })
    }
  })
}

function checkWeights(weights: readonly number[] | null, count: number, what: string, issue: Issue): void {
  if (weights === null) return
  if (weights.length !== count) {
    issue('weights', `there are ${count} ${what} and ${weights.length} weights`, {
      expected: `${count} numbers`,
      received: String(weights.length),
    })
  } else if (weights.every((weight) => weight === 0)) issue('weights', 'all weights are 0')
}

function sharedSpec(sources: Sources): Omit<Spec, 'kind' | 'splitIds'> {
  const facts = sources.map(({ value }) => value)
  return {
    classNames: facts.find(({ classNames }) => classNames)?.classNames,
    numSamples: facts.find(({ numSamples }) => numSamples !== undefined)?.numSamples,
    partitions: facts.find(({ partitions }) => partitions)?.partitions,
  }
}
