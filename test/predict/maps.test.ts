import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { etsef, lastJson, temporaryFolder } from '../support/etsef.js'
import { leakProject } from '../support/leak-project.js'
import { writePhantoms } from '../support/phantom-folder.js'

// Heat maps beside the answers of a vote of classifiers on features of two networks: one has a head of its own, the other has none.

const project = leakProject()
const { path: away, dispose } = temporaryFolder()
const pictures = join(away, 'pictures')
const bundle = join(away, 'bundle')
let run: string

beforeAll(async () => {
  writePhantoms(join(project.path, 'data'), { perClass: 12, size: 48 })
  writePhantoms(pictures, { perClass: 1, size: 48, dataSeed: 4 })
  writeFileSync(join(pictures, 'broken.png'), 'no picture')
  ;({ run } = await project.run(
    `
name: mapped
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${join(project.path, 'data')} } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, inputSize: 32, width: 0.35 } }
  tl: { use: backbones/finetune, in: { images: split, init: start.model }, with: { epochs: 1, headEpochs: 0, batchSize: 8 } }
  frozen: { use: backbones/extract, in: { images: split, model: start.model } }
  nb: { use: ensemble/naive-bayes, in: { features: tl.features } }
  knn: { use: ensemble/knn, in: { features: frozen } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn] } }
`,
  ))
  await etsef(['bundle', run, '--node', 'vote', '-o', bundle], { cwd: project.path })
}, 180_000)
afterAll(() => {
  project.dispose()
  dispose()
})

interface Answered {
  readonly predictions: readonly { readonly id: string; readonly className?: string }[]
  readonly maps: readonly {
    readonly id: string
    readonly of: string
    readonly class: string
    readonly file?: string
    readonly missing?: string
  }[]
  readonly notes: readonly string[]
}

async function predicted(of: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const result = await etsef(['predict', of, pictures, '--maps', folder, '--json'], { cwd: project.path, env })
  return lastJson(result) as unknown as Answered
}

test('stand beside the answers, of the vote and of each network, from the run and from its bundle without TensorFlow', async () => {
  const own = await predicted(run, join(away, 'own'))
  const answered = own.predictions.filter(({ className }) => className !== undefined)
  expect(answered).toHaveLength(3)
  expect(own.maps.map(({ id, of }) => [id, of])).toEqual(
    answered.flatMap(({ id }) => ['answer', 'tl', 'frozen'].map((of) => [id, of])),
  )
  for (const { id, of, file, missing, class: explained } of own.maps) {
    expect(explained).toBe(answered.find((row) => row.id === id)!.className)
    if (of === 'frozen') expect([file, missing]).toEqual([undefined, expect.stringContaining('no classes of its own')])
    else
      expect(
        readFileSync(join(away, 'own', file!))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG')
  }
  expect(own.notes.filter((note) => note.includes('no map of frozen'))).toHaveLength(1)
  const list = readFileSync(join(away, 'own/maps.jsonl'), 'utf8').trimEnd().split('\n')
  expect(list.map((line) => JSON.parse(line) as unknown)).toEqual(own.maps)

  renameSync(join(project.path, '.etsef'), join(away, 'hidden'))
  try {
    const bundled = await predicted(bundle, join(away, 'bundled'), { ETSEF_ENGINE: 'wasm' })
    expect(bundled.maps.map(({ id, of, class: explained }) => [id, of, explained])).toEqual(
      own.maps.map(({ id, of, class: explained }) => [id, of, explained]),
    )
    for (const { file } of bundled.maps) if (file) expect(existsSync(join(away, 'bundled', file))).toBe(true)
  } finally {
    renameSync(join(away, 'hidden'), join(project.path, '.etsef'))
  }
}, 120_000)
