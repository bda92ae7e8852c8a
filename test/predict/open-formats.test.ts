import { preprocess, readSafetensors, toSquareRgb, type Preprocessing } from '@etsef/nn'
import type { FeatureBatch, PredictionBatch } from '@etsef/plugin-api'
import { openBundle, readPictureFile, type OpenBundle, type Picture } from '@etsef/runner'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, lastJson, read, root, temporaryFolder, type CommandResult } from '../support/etsef.js'
import { writePhantoms } from '../support/phantom-folder.js'

const { path: dir, dispose } = temporaryFolder()
afterAll(() => {
  dispose()
})

const side = 32
const pipeline = `
name: open
seed: 3
nodes:
  scans: { use: data/folder, with: { path: ${join(dir, 'scans')} } }
  split: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.25, test: 0.25 } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, cut: conv_pw_3_relu, inputSize: ${String(side)} } }
  tl: { use: backbones/finetune, in: { images: split, init: start }, with: { epochs: 1, headEpochs: 1, headHidden: [8], learningRate: 0.01 } }
  frozen: { use: backbones/extract, in: { images: split, model: start } }
  fused: { use: ensemble/fuse, in: { features: [tl.features, frozen] } }
  ica: { use: ensemble/fast-ica, in: { features: fused }, with: { components: 8 } }
  svm: { use: ensemble/linear-svm, in: { features: ica } }
  boosted: { use: ensemble/xgboost, in: { features: ica }, with: { rounds: 5 } }
  forest: { use: ensemble/random-forest, in: { features: ica }, with: { trees: 10 } }
  kernel: { use: ensemble/kernel-svm, in: { features: ica } }
  nb: { use: ensemble/naive-bayes, in: { features: ica } }
  knn: { use: ensemble/knn, in: { features: ica } }
  vote: { use: ensemble/vote, in: { predictions: [svm, kernel, boosted, forest, nb, knn] }, with: { voting: soft } }
`
const bundle = join(dir, 'bundle')
const others = join(dir, 'others')
const store = ['--store', join(dir, 'store')]
let opened: OpenBundle
let pictures: readonly Picture[]
let config: {
  readonly id2label: Readonly<Record<string, string>>
  readonly steps: readonly {
    readonly node: string
    readonly inputs: readonly string[]
    readonly files: readonly string[]
    readonly weights?: string
  }[]
}

const call = async (...args: readonly string[]): Promise<CommandResult> => {
  const result = await etsef(args)
  if (result.code !== 0) throw new Error(result.stdout + result.stderr)
  return result
}

beforeAll(async () => {
  writePhantoms(join(dir, 'scans'), { perClass: 20, size: side })
  const ids = writePhantoms(others, { perClass: 4, size: side, dataSeed: 9 })
  writeFileSync(join(dir, 'open.yaml'), pipeline)
  const { run } = lastJson(await etsef(['run', join(dir, 'open.yaml'), '--json', ...store])) as { run: string }
  await call('bundle', run, '-o', bundle, '--json', ...store)
  config = JSON.parse(read(bundle, 'config.json')) as typeof config
  pictures = await Promise.all(ids.map((id) => readPictureFile(id, join(others, id))))
  opened = await openBundle({ root, dir: bundle })
}, 300_000)
afterAll(() => opened.predictor.close())

const askOnnx = async (file: string, values: Float32Array, shape: readonly number[]): Promise<Float32Array[]> => {
  const session = await InferenceSession.create(join(bundle, file))
  const results = await session.run({ input: new Tensor('float32', values, shape) })
  await session.release()
  return session.outputNames.map((name) => results[name]!.data as Float32Array)
}

function worstOf(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  return Array.from(expected).reduce(
    (worst, value, at) => Math.max(worst, Math.abs(actual[at]! - value) / Math.max(1, Math.abs(value))),
    0,
  )
}

const valuesOf = (batch: unknown): Float32Array | Float64Array => {
  const table = batch as FeatureBatch | PredictionBatch
  return table.kind === 'features' ? table.features : table.scores
}

describe('beside what it opens, a bundle holds', () => {
  test('what Hugging Face looks for: config.json, model.safetensors and a card', async () => {
    expect(Object.values(config.id2label)).toEqual(['nodule', 'normal', 'ring'])
    expect(read(bundle, 'README.md')).toMatch(
      /^---\nlibrary_name: etsef\npipeline_tag: image-classification\n[^]*?\n---\n\n# open: vote/,
    )
    expect(read(bundle, 'README.md')).toContain(
      'have to do these steps themselves: `fused` (ensemble/fuse), `vote` (ensemble/vote).',
    )
    const { tensors } = await readSafetensors(join(bundle, 'model.safetensors'))
    const networks = config.steps.filter(({ weights }) => weights !== undefined)
    expect(networks.map(({ node }) => node).sort()).toEqual(['frozen', 'tl'])
    for (const { node } of networks) {
      const fitted = readdirSync(join(bundle, 'fitted')).find((name) => name.endsWith(`-${node}`))!
      const own = await readSafetensors(join(bundle, 'fitted', fitted, 'weights.safetensors'))
      expect(own.tensors.size).toBeGreaterThan(5)
      for (const [name, { shape, data }] of own.tensors) expect(tensors.get(`${node}/${name}`)).toEqual({ shape, data })
    }
  })

  test('every step as ONNX, with our answers, each from the answers of the one before', async () => {
    const rows = await opened.predictor.apply(pictures)
    const asked: string[] = []
    for (const { node, inputs, files } of config.steps) {
      const file = files.find((path) => path.endsWith('.onnx'))
      if (file === undefined) continue
      asked.push(node)
      const of = rows.get(inputs[0]!)!
      if (of.kind === 'images') {
        const { input, outputs } = JSON.parse(read(bundle, file.replace('model.onnx', 'config.json'))) as {
          input: { preprocessing: Preprocessing }
          outputs: Readonly<Record<string, string>>
        }
        const images = await Promise.all(
          pictures.map(async (each) => toSquareRgb(await opened.predictor.decode(each), side)),
        )
        const pixels = new Uint8Array(images.length * side * side * 3)
        images.forEach((image, at) => {
          pixels.set(image, at * side * side * 3)
        })
        const values = preprocess(pixels, input.preprocessing)
        const results = await askOnnx(file, values, [pictures.length, side, side, 3])
        expect(Object.values(outputs).slice(0, results.length)).toEqual(Object.values(outputs))
        expect(worstOf(results[0]!, valuesOf(rows.get(`${node}.features`)))).toBeLessThan(1e-5)
      } else {
        const own = rows.get(`${node}.predictions`) ?? rows.get(`${node}.features`)
        const { features, featureNames } = of as FeatureBatch
        const [result] = await askOnnx(file, features, [pictures.length, featureNames.length])
        expect(worstOf(result!, valuesOf(own))).toBeLessThan(1e-5)
      }
    }
    expect(asked.sort()).toEqual(['boosted', 'forest', 'frozen', 'ica', 'kernel', 'knn', 'nb', 'svm', 'tl'])
  })

  const python = (process.env['ETSEF_PYTHON'] ?? 'python3').split(',').find((each) => {
    const { status } = spawnSync(each, ['-c', 'import onnxruntime, debian_xgboost; debian_xgboost.load()'], {
      cwd: join(root, 'tools/peers'),
    })
    return status === 0
  })
  test.skipIf(python === undefined)(
    'what onnxruntime and xgboost of Python (ETSEF_PYTHON) read with our answers',
    async () => {
      const rows = await opened.predictor.apply(pictures)
      const asked = config.steps.flatMap(({ node, inputs, files }) => {
        const of = rows.get(inputs[0]!)
        if (of?.kind !== 'features') return []
        const expected = valuesOf(rows.get(`${node}.predictions`) ?? rows.get(`${node}.features`))
        return files.map((file) => ({
          ...{ file: join(bundle, file), columns: of.featureNames.length, values: [...of.features] },
          expected,
        }))
      })
      expect(asked.filter(({ file }) => file.endsWith('xgboost.json'))).toHaveLength(2)
      writeFileSync(
        join(dir, 'asked.json'),
        JSON.stringify(asked.map(({ file, columns, values }) => ({ file, columns, values }))),
      )
      const { stdout, stderr } = spawnSync(python!, ['tools/peers/open-formats.py', join(dir, 'asked.json')], {
        cwd: root,
        encoding: 'utf8',
      })
      if (stdout === '') throw new Error(stderr)
      const { answers } = JSON.parse(stdout) as { answers: readonly (readonly number[])[] }
      asked.forEach(({ file, expected }, at) => {
        expect([file, worstOf(answers[at]!, expected) < 1e-5]).toEqual([file, true])
      })
    },
  )
})

interface Answered {
  readonly predictions: readonly {
    readonly id: string
    readonly className: string
    readonly scores: Readonly<Record<string, number>>
  }[]
}

/** Refuses to load TensorFlow, and says so where something tries. */
const withoutTensorflow = join(dir, 'without-tensorflow.cjs')
writeFileSync(
  withoutTensorflow,
  `const { Module } = require('node:module')
const load = Module._load
Module._load = function (name, ...rest) {
  if (/tfjs-node/.test(name)) throw new Error('TensorFlow is not here')
  return load.call(this, name, ...rest)
}
`,
)

test('answers without TensorFlow, for pictures that were encoded again, from a copy elsewhere', async () => {
  const elsewhere = join(dir, 'else where')
  cpSync(bundle, elsewhere, { recursive: true })
  const again = join(dir, 'again')
  for (const { id, bytes } of pictures) {
    mkdirSync(join(again, id, '..'), { recursive: true })
    const encoded = await sharp(bytes).png({ compressionLevel: 1, palette: false, adaptiveFiltering: true }).toBuffer()
    expect(encoded.equals(bytes)).toBe(false)
    writeFileSync(join(again, id), encoded)
  }
  const { predictions: expected } = lastJson(await etsef(['predict', bundle, others, '--json'])) as unknown as Answered
  const result = await etsef(['predict', elsewhere, again, '--json'], {
    env: { ETSEF_ENGINE: 'wasm' },
    nodeArguments: ['--require', withoutTensorflow],
  })
  const { predictions } = lastJson(result) as unknown as Answered
  expect(predictions.map(({ id, className }) => [id, className])).toEqual(
    expected.map(({ id, className }) => [id, className]),
  )
  const scores = (rows: Answered['predictions']): number[] => rows.flatMap((row) => Object.values(row.scores))
  expect(worstOf(scores(predictions), scores(expected))).toBeLessThan(1e-5)
})

test('says which pictures are nearly those that were learned from, in other bytes', async () => {
  const near = join(dir, 'near')
  mkdirSync(near)
  const learned = new Set(read(bundle, 'learned-from.txt').trim().split('\n'))
  const scans = join(dir, 'scans')
  const trained = await Promise.all(
    readdirSync(scans, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.png'))
      .map((name) => readPictureFile(name, join(scans, name))),
  )
  const one = trained.find(({ sha256 }) => learned.has(sha256))!
  await sharp(one.bytes).linear(0.9, 5).jpeg({ quality: 95 }).toFile(join(near, 'near.jpg'))
  cpSync(join(others, pictures[0]!.id), join(near, 'other.png'))
  const { notes } = lastJson(await etsef(['predict', bundle, near, '--json'])) as { notes: readonly string[] }
  expect(notes.filter((note) => /nearly/.test(note))).toEqual([
    '1 of 2 pictures: nearly a picture that was learned from (near.jpg)',
  ])
})

test('answers for another user, who may not write to the bundle and has no home, from a copy elsewhere', ({ skip }) => {
  if (process.getuid?.() !== 0) skip('only root may become somebody else')
  const somebody = { uid: 65534, gid: 65534, encoding: 'utf8' } as const
  const reading = spawnSync(process.execPath, [join(root, 'packages/runner/bin/etsef.js'), '--version'], {
    ...somebody,
    cwd: '/',
  })
  if (reading.status !== 0) skip('another user may not read this checkout')
  chmodSync(dir, 0o755)
  const [copy, home] = [join(dir, 'of somebody'), join(dir, 'no home')]
  mkdirSync(home, { mode: 0o555 })
  cpSync(bundle, copy, { recursive: true })
  const everything = (): string[] => ['', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })].sort()
  for (const name of everything()) {
    chownSync(join(copy, name), 65534, 65534)
    chmodSync(join(copy, name), statSync(join(copy, name)).isDirectory() ? 0o555 : 0o444)
  }
  const before = everything()
  const asked = (of: string, options: object): Answered => {
    const words = ['predict', of, others, '--json']
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(root, 'packages/runner/bin/etsef.js'), ...words],
      { cwd: root, encoding: 'utf8', ...options },
    )
    if (status !== 0) throw new Error(stdout + stderr)
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answered
  }
  const own = asked(bundle, {})
  expect(own.predictions.length).toBeGreaterThan(0)
  const env = { PATH: process.env['PATH'], HOME: home }
  expect(asked(copy, { ...somebody, env }).predictions).toEqual(own.predictions)
  expect(everything()).toEqual(before)
  expect(readdirSync(home)).toEqual([])
  // Every byte is still as its index says.
  expect(asked(copy, { ...somebody, env }).predictions).toEqual(own.predictions)
}, 120_000)
