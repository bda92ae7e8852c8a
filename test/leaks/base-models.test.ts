import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leakProject, lineOf, type RunSummary } from '../support/leak-project.js'

const project = leakProject()
afterAll(() => {
  project.dispose()
})

const head = `
name: base-models
seed: 1
nodes:
  scans: { use: data/phantoms, with: { size: 32, perClass: 10, classes: [normal, ring] } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, width: 0.35, inputSize: 32 } }
`

describe('base models', () => {
  test.for([
    { operation: 'simclr/pretrain', name: 'SimCLR on an unsplit corpus' },
    { operation: 'backbones/pretrain', name: 'supervised pre-training on an unsplit set' },
    { operation: 'backbones/finetune', name: 'fine-tuning on unsplit images' },
  ])('$name is refused by the planner', async ({ operation }) => {
    const yaml = `${head}  rogue: { use: ${operation}, in: { images: scans, init: start } }\n`
    const [problem, ...more] = await project.validate(yaml)
    expect(more).toEqual([])
    expect(problem).toMatchObject({ code: 'ERR_LEAKAGE', node: 'rogue', place: { line: lineOf(yaml, 'rogue:') } })
  })

  test('early stopping on test rows is no option', async () => {
    const yaml = `${head}  rogue:
    use: backbones/finetune
    in: { images: split, init: start }
    with:
      validation: test
      monitor: testLoss
`
    const problems = await project.validate(yaml)
    const lines = problems.filter(({ node }) => node === 'rogue').map(({ place }) => place?.line)
    expect(lines).toContain(lineOf(yaml, 'validation: test'))
    expect(lines).toContain(lineOf(yaml, 'monitor: testLoss'))
  })

  describe('at run time', () => {
    let summary: RunSummary
    beforeAll(async () => {
      summary = await project.run(
        `${head}  corpus: { use: data/split, in: { images: scans }, with: { train: 1, val: 0, test: 0 } }
  simclr: { use: simclr/pretrain, in: { images: corpus, init: start }, with: { epochs: 0 } }
  extracted: { use: backbones/extract, in: { images: split, model: simclr } }
  tuned: { use: backbones/finetune, in: { images: split, init: simclr }, with: { epochs: 0, headEpochs: 1, freeze: backbone } }
  other: { use: data/split, in: { images: scans }, with: { train: 0.7, val: 0.1, test: 0.2 } }
  pre: { use: backbones/pretrain, in: { images: other, init: start }, with: { epochs: 1, freeze: backbone } }
  again: { use: backbones/finetune, in: { images: split, init: pre }, with: { epochs: 0, headEpochs: 1, freeze: backbone } }
  honest: { use: simclr/pretrain, in: { images: split, init: start }, with: { epochs: 0 } }
  features: { use: backbones/extract, in: { images: split, model: honest } }
`,
        ...['--on-error', 'continue'],
      )
    })

    test('features by a SimCLR backbone whose corpus held the test images', () => {
      expect(summary.nodes['extracted']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
    })

    test('fine-tuning from a SimCLR backbone whose corpus held the test images', () => {
      expect(summary.nodes['tuned']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
    })

    test('fine-tuning from a network that was pre-trained on another split of the same images', () => {
      expect(summary.nodes['again']?.error).toMatchObject({ code: 'ERR_LEAKAGE' })
    })

    test('features by a backbone that has seen the train rows of the same split are fine', () => {
      expect(summary.nodes['features']).toMatchObject({ state: 'done' })
    })
  })
})
