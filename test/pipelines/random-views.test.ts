import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { etsef, lastJson } from '../support/etsef.js'
import { leakProject } from '../support/leak-project.js'

// Views of augment/random in whole pipelines: each trainer asks for them, whoever only looks does not.
const project = leakProject()
afterAll(() => {
  project.dispose()
})

const head = `
seed: 5
nodes:
  images: { use: data/phantoms, with: { modality: brain-t1, perClass: 6, imagesPerPatient: 1, size: 32, dataSeed: 1 } }
  split: { use: data/split, in: { images: images }, with: { train: 0.6, val: 0.2, test: 0.2 } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_2_relu, inputSize: 32 } }
`
const trained = `
  VIEWS.ssl: { use: simclr/pretrain, in: { images: VIEWS, init: start }, with: { epochs: 1, batchSize: 8, chunk: 4, projection: [16, 8] } }
  VIEWS.source: { use: backbones/pretrain, in: { images: VIEWS, init: start }, with: { epochs: 2 } }
  VIEWS.target: { use: backbones/finetune, in: { images: VIEWS, init: start }, with: { epochs: 1, headEpochs: 1 } }
  VIEWS.features: { use: backbones/extract, in: { images: VIEWS, model: start } }
`.replaceAll('VIEWS.', 'VIEWS')

test('every trainer learns from views, and what only looks at pictures sees them as they are', async () => {
  const random = '  random: { use: augment/random, in: { images: split }, with: { preset: greyscale-mri } }'
  const yaml = head + random + trained.replaceAll('VIEWS', 'split') + trained.replaceAll('VIEWS', 'random')
  const summary = await project.run(yaml)
  expect(summary.status, JSON.stringify(summary)).toBe('ok')
  const digests = project.digests(summary)
  for (const name of ['ssl', 'source', 'target']) {
    expect(summary.nodes[`random${name}`]!.metrics, name).not.toEqual(summary.nodes[`split${name}`]!.metrics)
  }
  expect(digests['randomfeatures']).toEqual(expect.any(String))
  expect(digests['randomfeatures']).toBe(digests['splitfeatures'])
})

test('what cannot work is refused before anything runs, with place and hint', async () => {
  const cases = [
    ['  r: { use: augment/random, in: { images: split }, with: { preset: greyscale-mir } }', /preset/, /greyscale-mri/],
    [
      '  r: { use: augment/random, in: { images: split }, with: { preset: xray, crop: [0.5, 1.2] } }',
      /"crop\/1" [^]* is too large/,
      /augment\/random lists the options/,
    ],
    [
      '  s: { use: simclr/pretrain, in: { images: split, init: start }, with: { minCrop: 1.2 } }',
      /"minCrop" [^]* fits none of the forms/,
      /simclr\/pretrain lists the options/,
    ],
    [
      '  s: { use: simclr/pretrain, in: { images: split, init: start }, with: { views: greyscale } }',
      /"views"/,
      /grayscale/,
    ],
    [
      `  masks: { use: data/split, in: { images: images.masks } }
  r: { use: augment/random, in: { images: masks }, with: { preset: greyscale-mri, hue: 0.1 } }`,
      /"hue": the pictures have one channel/,
      /hue: 0/,
    ],
    [
      `  r: { use: augment/random, in: { images: split }, with: { preset: xray } }
  t: { use: backbones/pretrain, in: { images: r, init: start }, with: { augment: light } }`,
      /"augment": the pictures are random views already/,
      /leave out augment/,
    ],
    [
      `  r: { use: augment/random, in: { images: split }, with: { preset: xray } }
  s: { use: simclr/pretrain, in: { images: r, init: start }, with: { minCrop: 0.5 } }`,
      /"minCrop": the pictures come as random views/,
      /leave out minCrop/,
    ],
    [
      `  r: { use: augment/random, in: { images: split }, with: { preset: xray } }
  s: { use: simclr/supcon, in: { images: r, init: start }, with: { views: grayscale } }`,
      /"views": the pictures come as random views/,
      /leave out views/,
    ],
    [
      `  few: { use: data/phantoms, with: { classes: [normal, nodule], perClass: 1, imagesPerPatient: 1 } }
  fewSplit: { use: data/split, in: { images: few } }
  s: { use: simclr/pretrain, in: { images: fewSplit, init: start } }`,
      /at least four images/,
      /at the input unlabelled/,
    ],
  ] as const
  for (const [nodes, message, hint] of cases) {
    const [problem] = await project.validate(head + nodes)
    expect(problem!.message).toMatch(message)
    expect(problem!.place!.line).toBeGreaterThan(5)
    expect(problem!.hint).toMatch(hint)
  }
})

const previewed = `${head}
  views: { use: augment/random, in: { images: split }, with: { preset: greyscale-mri } }
  copies: { use: augment/expand, in: { images: split } }
`
const preview = (node: string, ...more: readonly string[]) => {
  writeFileSync(join(project.path, 'preview.yaml'), previewed)
  return etsef(['preview', 'preview.yaml', node, ...more], { cwd: project.path })
}

test('etsef preview draws a sheet of any node with images, and computes no more than it needs', async () => {
  const sizes: number[][] = []
  for (const node of ['views', 'copies', 'images.masks']) {
    const result = await preview(node, '--rows', '4', '--draws', '3', '-o', `${node}.png`, '--json')
    expect(result.code, result.stdout + result.stderr).toBe(0)
    const png = readFileSync(lastJson(result)['sheet'] as string)
    expect(png.toString('latin1', 1, 4)).toBe('PNG')
    sizes.push([png.readUInt32BE(16), png.readUInt32BE(20)])
  }
  const [views, copies, masks] = sizes
  // Four pictures each: three views beside them, one copy, nothing.
  expect(views![1]).toBe(masks![1])
  expect(views![0]! - masks![0]!).toBe(3 * 200)
  expect(copies![0]! - masks![0]!).toBe(200)
})

test('etsef preview refuses a node that has no images, and one that is not there', async () => {
  const none = await preview('start')
  expect(none.code).toBe(2)
  expect(none.stdout).toMatch(/"start" gives no images[^]*nodes with images: images, split, views, copies/)
  const unknown = await preview('vews')
  expect(unknown.code).toBe(2)
  expect(unknown.stdout).toMatch(/no node "vews"[^]*views/)
})
