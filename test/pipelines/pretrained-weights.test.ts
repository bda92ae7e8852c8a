import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { etsef, lastJson, root, shared, temporaryFolder } from '../support/etsef.js'

const folder = temporaryFolder()
afterAll(() => {
  folder.dispose()
})

const fixtures = join(root, 'packages/plugin-backbones/src/pretrained/fixtures')
const first = { architecture: 'mobilenetV2', width: 0.35, inputSize: 32, cut: 'block_2_add' }

/** Phantoms through networks with the given weights, and a classifier on the features of each. */
function pipeline(name: string, networks: Readonly<Record<string, object>>): string {
  const path = join(folder.path, `${name}.yaml`)
  const chains = Object.entries(networks).map(
    ([id, options]) => `
  ${id}: { use: backbones/pretrained, with: ${JSON.stringify(options)} }
  ${id}Features: { use: backbones/extract, in: { images: split, model: ${id} } }
  ${id}Classes: { use: ensemble/knn, in: { features: ${id}Features } }
  ${id}Scores: { use: report/evaluate, in: { predictions: ${id}Classes } }`,
  )
  writeFileSync(
    path,
    `name: ${name}
nodes:
  scans: { use: data/phantoms, with: { perClass: 12, size: 32 } }
  split: { use: data/split, in: { images: scans }, with: { train: 0.5, val: 0.25, test: 0.25 } }
${chains.join('\n')}
`,
  )
  return path
}

async function expectScores(name: string, networks: Readonly<Record<string, object>>): Promise<void> {
  const result = await etsef(['run', pipeline(name, networks), '--store', join(folder.path, 'store'), '--json'])
  expect(result.code, result.stderr).toBe(0)
  const { nodes } = lastJson(result) as { nodes: Record<string, { metrics?: Record<string, number> }> }
  for (const id of Object.keys(networks))
    expect(nodes[`${id}Scores`]!.metrics![`${id}Classes.accuracy`], id).toBeGreaterThan(0)
}

describe('weights of other libraries, from YAML to scores', () => {
  test('Keras, TFLite, TF.js, safetensors and PyTorch files', async () => {
    const keras = { ...first, variant: 'keras' }
    const torch = { ...first, variant: 'torch' }
    await expectScores('formats', {
      h5: { ...keras, weights: join(fixtures, 'keras.h5') },
      keras: { ...keras, weights: join(fixtures, 'keras.keras') },
      tflite: { ...keras, weights: join(fixtures, 'keras.tflite') },
      tfjs: { ...keras, weights: join(fixtures, 'tfjs-layers') },
      safetensors: { ...torch, weights: join(fixtures, 'torch.safetensors') },
      pth: { ...torch, weights: join(fixtures, 'torch.pth') },
    })
  })

  test.skipIf(!existsSync(join(shared, 'weights')))('a quantised TFLite classifier (needs ../shared/weights)', () =>
    expectScores('coral', {
      coral: {
        architecture: 'mobilenetV1',
        width: 0.25,
        inputSize: 64,
        weights: join(shared, 'weights/coral-imagenet-tflite/mobilenet_v1_0.25_128_quant.tflite'),
      },
    }),
  )
})

test('the shards of a TF.js model.json are part of the key, and stay in its folder', async () => {
  const copy = join(folder.path, 'tfjs')
  cpSync(join(fixtures, 'tfjs-layers'), copy, { recursive: true })
  const weights = join(copy, 'model.json')
  const path = pipeline('shards', { net: { ...first, variant: 'keras', weights } })
  const plan = () => etsef(['plan', path, '--store', join(folder.path, 'store'), '--json'])
  const keyOf = async () => {
    const { stages } = lastJson(await plan()) as { stages: { stage: string; key: string }[] }
    return stages.find(({ stage }) => stage === 'net')!.key
  }
  const before = await keyOf()
  expect(await keyOf()).toBe(before)
  const shard = join(copy, 'weights.bin')
  const bytes = readFileSync(shard)
  bytes[3]! ^= 1
  writeFileSync(shard, bytes)
  expect(await keyOf()).not.toBe(before)
  rmSync(shard)
  symlinkSync(join(fixtures, 'tfjs-layers/weights.bin'), shard)
  const refused = await plan()
  expect(refused.code).toBe(2)
  expect(refused.stdout + refused.stderr).toMatch(/ERR_OUTSIDE_ROOT/)
})

test('a file in no format is refused at its place, before anything runs', async () => {
  const path = join(folder.path, 'weights.ckpt')
  writeFileSync(path, 'not read')
  const result = await etsef(['validate', pipeline('unknown', { net: { ...first, weights: path } })])
  expect(result.code).not.toBe(0)
  expect(result.stderr + result.stdout).toMatch(/ERR_BAD_OPTION {2}.*unknown\.yaml:6:\d+/)
  expect(result.stderr + result.stdout).toContain('.ckpt')
})

test('weights for another network fail at the node, with the tensor and both shapes', async () => {
  const options = { ...first, width: 1, variant: 'keras', weights: join(fixtures, 'keras.h5') }
  const result = await etsef(['run', pipeline('other', { net: options }), '--store', join(folder.path, 'store')])
  expect(result.code).not.toBe(0)
  expect(result.stderr + result.stdout).toMatch(/ERR_WEIGHTS/)
  expect(result.stderr + result.stdout).toMatch(/"Conv1\/kernel" of mobilenetV2/)
  expect(result.stderr + result.stdout).toContain('[3, 3, 3, 32]')
  expect(result.stderr + result.stdout).toContain('[3, 3, 3, 16]')
})
