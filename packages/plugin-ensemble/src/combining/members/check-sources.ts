import type { PlanArguments, Ports, Spec } from '@etsef/plugin-api'

type Issue = PlanArguments<unknown, Ports>['issue']
type Sources = readonly { readonly name: string; readonly value: Spec }[]

/** Reports sources given twice, and other class lists. */
export function checkSources(at: string, sources: Sources, issue: Issue): void {
  const [first] = sources
  sources.forEach(({ name, value }, index) => {
    if (sources.findIndex((source) => source.name === name) !== index) {
      issue(at, `"${name}" is given twice`, { hint: 'a source joined to itself counts double' })
    }
    const [expected, received] = [first?.value.classNames, value.classNames]
    if (first && expected && received && expected.join('\n') !== received.join('\n')) {
      issue(at, `"${name}" and "${first.name}" have different class lists`, {
        code: 'ERR_CLASS_LIST',
        expected: expected.join(', '),
        received: received.join(', '),
      })
    }
  })
}

/** Reports weights that do not fit the sources. */
export function checkWeights(weights: readonly number[] | null, count: number, what: string, issue: Issue): void {
  if (weights === null) return
  if (weights.length !== count) {
    issue('weights', `there are ${count} ${what} and ${weights.length} weights`, {
      expected: `${count} numbers`,
      received: String(weights.length),
    })
  } else if (weights.every((weight) => weight === 0)) issue('weights', 'all weights are 0')
}

/** What is known of the rows that all sources have. */
export function sharedSpec(sources: Sources): Omit<Spec, 'kind' | 'splitIds'> {
  const facts = sources.map(({ value }) => value)
  return {
    classNames: facts.find(({ classNames }) => classNames)?.classNames,
    numSamples: facts.find(({ numSamples }) => numSamples !== undefined)?.numSamples,
    partitions: facts.find(({ partitions }) => partitions)?.partitions,
  }
}
