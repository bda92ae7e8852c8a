import { afterAll, expect, test } from 'vitest'
import { leakProject, lineOf } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const head = `
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 32, perClass: 8, imagesPerPatient: 1 } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_2_relu, inputSize: 32 } }
`
const ssl = (set: string) =>
  `  ssl: { use: simclr/pretrain, in: { images: split, unlabelled: [${set}], init: start }, with: { epochs: 1, batchSize: 8, projection: [8] } }`

test('a further set of other pictures and classes is learned from; its labels and its test rows are not', async () => {
  const corpus = `
  corpus: { use: data/phantoms, with: { size: 32, perClass: 6, imagesPerPatient: 1, classes: [normal, ring], dataSeed: 7 } }
  corpusSplit: { use: data/split, in: { images: corpus }, with: { train: 0.5, val: 0.25, test: 0.25 } }
`
  const alone = await project.run(head + ssl('corpusSplit').replace(' unlabelled: [corpusSplit],', ''))
  const both = await project.run(head + corpus + ssl('corpusSplit'))
  expect(both.status).toBe('ok')
  expect(both.nodes['ssl']!.metrics).not.toEqual(alone.nodes['ssl']!.metrics)
})

test('a further set that holds test pictures is refused before anything is learned', async () => {
  const other = '  other: { use: data/split, in: { images: scans }, with: { splitSeed: 77 } }\n'
  const { nodes, status } = await project.run(head + other + ssl('other'))
  expect(status).toBe('failed')
  expect(nodes['ssl']!.error).toMatchObject({
    code: 'ERR_LEAKAGE',
    message: expect.stringMatching(/holds pictures that are test rows of/) as string,
    hint: expect.stringContaining('data/near-duplicates') as string,
  })
})

test('a further set that no split has parted is refused by the planner', async () => {
  const yaml = head + ssl('scans')
  const [problem] = await project.validate(yaml)
  expect(problem).toMatchObject({ code: 'ERR_LEAKAGE', node: 'ssl', port: 'unlabelled' })
  expect(problem!.place!.line).toBe(lineOf(yaml, 'ssl:'))
})
