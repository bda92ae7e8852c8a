import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTfjsGraphModel, readTfjsGraph } from './tfjs-graph.js'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etsef-graph-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** A graph model whose constants hold the given numbers, one channel each. */
async function model(
  name: string,
  nodes: readonly object[],
  constants: Readonly<Record<string, readonly number[]>>,
): Promise<string> {
  const entries = Object.entries(constants)
  const weights = entries.map(([key, values]) => ({
    name: key,
    dtype: 'float32',
    shape: key === 'kernel' ? [1, 1, 1, values.length] : [values.length],
  }))
  const path = join(dir, `${name}.json`)
  await writeFile(
    join(dir, `${name}.bin`),
    new Uint8Array(Float32Array.from(entries.flatMap(([, values]) => values)).buffer),
  )
  await writeFile(
    path,
    JSON.stringify({
      format: 'graph-model',
      modelTopology: { node: nodes },
      weightsManifest: [{ paths: [`${name}.bin`], weights }],
    }),
  )
  return path
}

const consts = (...names: readonly string[]): readonly object[] => names.map((name) => ({ name, op: 'Const' }))

test('folds a batch norm that the converter left in, whatever the order in the file', async () => {
  const nodes = [
    {
      name: 'bn',
      op: 'FusedBatchNormV3',
      input: ['conv', 'gamma', 'beta', 'mean', 'variance'],
      attr: { epsilon: { f: 0.5 } },
    },
    { name: 'conv', op: 'Conv2D', input: ['x', 'read'] },
    { name: 'read', op: 'Identity', input: ['kernel'] },
    { name: 'x', op: 'Placeholder' },
    ...consts('kernel', 'gamma', 'beta', 'mean', 'variance'),
  ]
  const path = await model('norm', nodes, {
    kernel: [2, 3],
    gamma: [4, 1],
    beta: [1, 2],
    mean: [1, 0],
    variance: [3.5, 0.5],
  })
  // gamma / sqrt(variance + 0.5) is 2 and 1.
  const [layer] = await readTfjsGraph(path)
  expect([...layer!.kernel.data]).toEqual([4, 3])
  expect([...layer!.bias!.data]).toEqual([-1, 2])
  expect(await isTfjsGraphModel(path)).toBe(true)
})

test('takes fused biases and stops at activations', async () => {
  const nodes = [
    { name: 'x', op: 'Placeholder' },
    ...consts('kernel', 'bias', 'factor'),
    { name: 'conv', op: '_FusedConv2D', input: ['x', 'kernel', 'bias'] },
    { name: 'relu', op: 'Relu', input: ['conv'] },
    { name: 'mul', op: 'Mul', input: ['relu', 'factor'] },
  ]
  const [layer] = await readTfjsGraph(await model('fused', nodes, { kernel: [2], bias: [5], factor: [9] }))
  expect([...layer!.kernel.data]).toEqual([2])
  expect([...layer!.bias!.data]).toEqual([5])
})

test('refuses a cycle and layers models', async () => {
  const cycle = await model('cycle', [{ name: 'a', op: 'Relu', input: ['a'] }], { kernel: [1] })
  await expect(readTfjsGraph(cycle)).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
  await writeFile(join(dir, 'layers.json'), JSON.stringify({ modelTopology: { class_name: 'Model' } }))
  await expect(readTfjsGraph(join(dir, 'layers.json'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
})
