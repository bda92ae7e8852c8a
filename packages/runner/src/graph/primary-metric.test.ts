import { afterAll, expect, test } from 'vitest'
import { createProject, tenStages } from '../../test-fixtures/project.js'

const project = createProject()
afterAll(() => {
  project.remove()
})

const check = async (text: string) => {
  project.write('metric.yaml', text)
  const { problems, graph } = await project.check('metric.yaml')
  return { problems, options: graph.nodes.get('scores')?.options }
}

test('the primary metric of the pipeline is that of every report that has one', async () => {
  expect((await check(tenStages)).options).toEqual({ primaryMetric: 'accuracy' })
  expect((await check(`primaryMetric: error\n${tenStages}`)).options).toEqual({ primaryMetric: 'error' })
})

test('what a node says itself counts', async () => {
  const own = tenStages.replace('{ predictions: near }', '{ predictions: near }, with: { primaryMetric: accuracy }')
  expect((await check(`primaryMetric: error\n${own}`)).options).toEqual({ primaryMetric: 'accuracy' })
})

test('one that a report does not know is told where it is declared', async () => {
  const { problems } = await check(`primaryMetric: acuracy\n${tenStages}`)
  expect(problems).toMatchObject([
    { code: 'ERR_BAD_OPTION', node: 'scores', place: { line: 1, column: 16 }, hint: 'did you mean "accuracy"?' },
  ])
})
