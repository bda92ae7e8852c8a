import { port, Type, type PlanArguments, type Ports, type Spec } from '@etsef/plugin-api'

/** Input of every combination. */
export const memberInputs = {
  predictions: port.predictions.many('Predictions of the members, over the same rows; joined by id'),
}

/** Output of every combination. */
export const combinedOutputs = {
  predictions: port.predictions('The combined prediction of every row'),
}

/** Ports and partitions of a combination: members joined by id, learned from with labels. */
export function combinerPorts(fitOn: readonly ('train' | 'val')[]) {
  return {
    kind: 'estimator',
    inputs: memberInputs,
    outputs: combinedOutputs,
    rows: 'predictions',
    joins: true,
    fitOn,
    supervised: true,
  } as const
}

/** Ports of `ensemble/dynamic-selection`. */
export const dynamicSelectionInputs = {
  ...memberInputs,
  features: port.features('The same rows, in the space in which neighbours are looked for'),
}

/** Ports of the abstaining operations. */
export const abstainInputs = { predictions: port.predictions('Predictions to hold back from where they are unsure') }

/** Outputs of `ensemble/abstain`. */
export const abstainOutputs = { predictions: port.predictions('The same scores; −1 where no answer is given') }

/** Outputs of `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracyOutputs = {
  ...abstainOutputs,
  model: port.model('model.json: the margin that was chosen, and what it gave on val', {
    modelKind: 'abstainer',
    algorithm: 'abstain-for-accuracy',
  }),
}

/** Output of `ensemble/member-scores`. */
export const memberScoresOutputs = { features: port.features('Columns member/class, one per score') }

/** Output of the reports on members. */
export const memberReportOutputs = { report: port.report('Figures as JSON and a table') }

interface MemberSpec {
  readonly name: string
  readonly value: Spec
}

/** Checks what is known of the members: one class list, and rows in each partition the combination needs. */
export function planMembers(
  args: {
    readonly inputs: { readonly predictions: readonly MemberSpec[] }
    readonly issue: PlanArguments<unknown, Ports>['issue']
  },
  needs: readonly ('train' | 'val')[] = [],
): { readonly predictions: Omit<Spec, 'kind' | 'splitIds'> } {
  const members = args.inputs.predictions
  const named = members.find(({ value }) => value.classNames !== undefined)
  for (const { name, value } of members) {
    const classNames = named?.value.classNames
    if (classNames && value.classNames && value.classNames.join('\u0000') !== classNames.join('\u0000')) {
      args.issue('in:predictions', `"${name}" and "${named.name}" predict other classes`, {
        code: 'ERR_CLASS_LIST',
        expected: classNames.join(', '),
        received: value.classNames.join(', '),
      })
    }
  }
  members.forEach(({ name }, m) => {
    if (members.findIndex((member) => member.name === name) !== m) {
      args.issue('in:predictions', `"${name}" is given twice`, { hint: 'a member joined to itself counts double' })
    }
  })
  const { partitions, numSamples } = members[0]?.value ?? {}
  for (const partition of needs) {
    if (partitions && !partitions.includes(partition)) {
      args.issue('in:predictions', `The combination learns from ${partition} rows, and there are none`, {
        expected: `rows of partition ${partition}`,
        received: partitions.join(', '),
        hint: 'give the split such a share, or use a vote that learns nothing (ensemble/vote)',
      })
    }
  }
  return { predictions: { classNames: named?.value.classNames, numSamples, partitions } }
}

/** Options of operations that have none. */
export const noOptions = Type.Object({}, { additionalProperties: false })
