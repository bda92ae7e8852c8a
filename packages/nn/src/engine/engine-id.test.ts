import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import provider from '../engines.js'
import { packageDirectory } from '../engine-packages.js'
import { engineId } from './engine-id.js'

test('every version that changes bits changes the id', () => {
  const tensorflow = { tensorflow: '2.21.0', onnxruntime: '1.30.0', hasOneDnn: true }
  const ids = [
    tensorflow,
    { ...tensorflow, tensorflow: '2.9.1' },
    { ...tensorflow, onnxruntime: '1.30.1' },
    { ...tensorflow, onnxruntime: undefined },
    { ...tensorflow, hasOneDnn: false },
    { ...tensorflow, tensorflow: undefined },
    { ...tensorflow, kernels: '01234567' },
    { ...tensorflow, kernels: '01234568' },
    { ...tensorflow, tensorflow: undefined, onnxruntime: '1.30.1' },
  ].map(engineId)
  expect(ids[0]).toBe('tensorflow-2.21.0+tfjs-4.22.0+onnxruntime-1.30.0')
  expect(ids[5]).toBe('wasm-4.22.0+onnxruntime-1.30.0')
  expect(new Set(ids).size).toBe(ids.length)
})

test('the id that enters keys names the installed ONNX Runtime', async () => {
  const path = join(packageDirectory('onnxruntime-node')!, 'package.json')
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  expect((await provider.probe()).id).toMatch(new RegExp(`\\+onnxruntime-${version.replaceAll('.', '\\.')}$`))
})
