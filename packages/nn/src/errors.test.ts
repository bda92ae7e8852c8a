import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildArchitecture } from './architectures/build-architecture.js'
import { checkGraph } from './graph/check-graph.js'
import { cutAfter, withHead, withoutHead } from './graph/head.js'
import { initWeights } from './graph/init-weights.js'
import { checkPreprocessing } from './images/preprocess.js'
import { exportOnnx } from './onnx/export-onnx.js'
import { findPublishedWeights } from './published/published-weights.js'
import { trainablePart } from './training/trainable.js'

const backbone = buildArchitecture('mobilenetV2', { inputSize: 32, width: 0.35 })
const classifier = withHead(backbone, { numClasses: 3 })

test.each<[name: string, call: () => unknown, error: object]>([
  [
    'no architecture',
    () => buildArchitecture('resnet19'),
    { option: 'architecture', hint: 'did you mean "resnet18"?' },
  ],
  ['too small', () => buildArchitecture('mobilenetV2', { inputSize: 8 }), { option: 'inputSize', received: '8' }],
  ['no such width', () => buildArchitecture('mobilenetV2', { width: 3 }), { option: 'width', received: '3' }],
  ['no width at all', () => buildArchitecture('resnet18', { width: 0.5 }), { option: 'width', expected: '1' }],
  ['no variant', () => buildArchitecture('resnet50', { variant: 'jax' as never }), { option: 'variant' }],
  ['nothing to cut', () => cutAfter(backbone, 'nowhere'), { option: 'cut', received: 'nowhere' }],
  ['no stage', () => trainablePart(backbone, 'stagee1'), { option: 'freeze', hint: 'did you mean "stage1"?' }],
  ['nothing left', () => trainablePart(backbone, 'backbone'), { option: 'freeze', received: 'backbone' }],
  ['no pool', () => withoutHead({ ...backbone, nodes: [] }), { code: 'ERR_MODEL_KIND' }],
  ['no weights', () => findPublishedWeights('resnet50/tensorflow'), { code: 'ERR_WEIGHTS' }],
  ['no graph', () => checkGraph({ architecture: 'x', inputShape: [1, 2, 3] }), { code: 'ERR_WEIGHTS' }],
  ['no contract', () => checkPreprocessing({ mean: [1] }), { code: 'ERR_WEIGHTS' }],
  ['a missing weight', () => exportOnnx(classifier, new Map()), { code: 'ERR_WEIGHTS' }],
  [
    'another shape',
    () => initWeights(classifier, 1, new Map([['logits/bias', { shape: [5], data: new Float32Array(5) }]])),
    { code: 'ERR_WEIGHTS', expected: '[3]', received: '[5]' },
  ],
])('%s is a located error', (_, call, error) => {
  expect(call).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION', ...error }))
})

test('plain errors are thrown by misuse alone, and where a message crosses threads or processes', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  const plain = files
    .filter((file) => /(?<!\.test|-d)\.ts$/.test(file) && !file.includes('assembly'))
    .filter((file) => /throw new (Range|Type)?Error\(/.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
  expect(plain.sort()).toEqual([
    'engine/test-engines.ts',
    'install/self-test-child.ts',
    'onnx/onnx-thread.ts',
    // Caught where the FlatBuffers file is read, and told as a damaged file.
    'weights/flatbuffer.ts',
  ])
})
