import { defineOperation, port, Type, type IssueDetails, type PipelineError, type Place } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { checkSpecs } from './check-specs.js'
import type { GraphNode } from './graph.js'

const place: Place = { file: 'a.yaml', line: 1, column: 1 }

/** What is found in a pipeline of one report, which reports this of its input. */
function problemsOf(message: string, details?: IssueDetails): readonly PipelineError[] {
  const operation = defineOperation({
    type: 'toy/report',
    kind: 'report',
    summary: 'Reports',
    cacheVersion: 1,
    options: Type.Object({}),
    inputs: { features: port.features.optional('rows') },
    outputs: { report: port.report('what was found') },
    plan({ issue }) {
      issue('in:features', message, details)
      return {}
    },
    load: () => Promise.reject(new Error('not run')),
  })
  const plugin = { packageName: 'toy', version: '1.0.0', dir: '/', entry: '/plugin.js', name: 'toy' }
  const node: GraphNode = {
    id: 'node',
    place,
    usePlace: place,
    installed: { operation, plugin },
    options: {},
    placeOfOption: () => place,
    placeOfInput: () => place,
    inputs: {},
  }
  const problems: PipelineError[] = []
  checkSpecs(
    {
      nodes: new Map([['node', node]]),
      order: ['node'],
      upstream: new Map([['node', []]]),
      seed: 1,
      resolve: (path) => path,
      notice: () => undefined,
    },
    problems,
  )
  return problems
}

test('the code of a problem at an input is the one that the operation gives, whatever its words are', () => {
  expect(problemsOf('"classes" has 3 columns').map(({ code }) => code)).toEqual(['ERR_SHAPE_MISMATCH'])
  expect(problemsOf('"a" and "b" do not fit', { code: 'ERR_CLASS_LIST' })).toMatchObject([
    { code: 'ERR_CLASS_LIST', message: 'Node "node", input "features": "a" and "b" do not fit' },
  ])
})
