import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { hostileWeights } from '../../packages/nn/src/weights/testing/hostile-weights.js'
import { writeFiles, type HostileCase } from './hostile-case.js'

/** A file given as weights. Its name tells its format. */
function weights(
  name: string,
  file: string,
  make: (dir: string) => Promise<Uint8Array> | Uint8Array | undefined,
  more: Partial<HostileCase> = {},
): HostileCase {
  return {
    name,
    code: 'ERR_WEIGHTS',
    place: 'pipeline.yaml:2',
    async arrange(dir) {
      const bytes = await make(dir)
      if (bytes) writeFiles(dir, { [file]: bytes })
      writeFiles(dir, {
        'pipeline.yaml': `nodes:\n  base: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, weights: ${JSON.stringify(join(dir, file))} } }\n`,
      })
      return ['run', 'pipeline.yaml']
    },
    ...more,
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A safetensors file: its header, then `numBytes` of nothing. */
function safetensors(header: string, numBytes: number, claimed = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + numBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed), true)
  bytes.set(bytesOf(header), 8)
  return bytes
}

const tensor = (start: number, end: number, shape: readonly number[]): object => ({
  dtype: 'U8',
  shape,
  data_offsets: [start, end],
})

/** A TF.js model whose weights are what is given. */
function modelJson(dir: string, paths: readonly string[], list: readonly object[]): Uint8Array {
  writeFiles(dir, { 'shard.bin': new Uint8Array(64) })
  return bytesOf(
    JSON.stringify({
      format: 'layers-model',
      modelTopology: { model_config: { class_name: 'Functional', config: { layers: [] } } },
      weightsManifest: [{ paths, weights: list }],
    }),
  )
}

/** Weights that claim, overlap, go round in circles or never end. */
export const models: readonly HostileCase[] = [
  ...Object.entries(hostileWeights).map(([file, make]) => weights(`weights ${file}`, file, make)),
  ...['h5', 'keras', 'pth', 'tflite', 'safetensors', 'json'].flatMap((ending) => [
    weights(`an empty .${ending}`, `empty.${ending}`, () => new Uint8Array(0)),
    weights(`a text named .${ending}`, `text.${ending}`, () => bytesOf('a text of words\n'.repeat(1000))),
  ]),
  weights(
    'a pipe as weights',
    'pipe.pth',
    (dir) => {
      execFileSync('mkfifo', [join(dir, 'pipe.pth')])
      return undefined
    },
    { code: 'ERR_BAD_DATA' },
  ),
  weights('a header of 1e18 bytes', 'header.safetensors', () => safetensors('{}', 0, 1e18)),
  weights('a tensor of 1e15 values', 'values.safetensors', () =>
    safetensors(JSON.stringify({ a: tensor(0, 1e15, [1e15]) }), 0),
  ),
  weights('tensors that overlap', 'overlap.safetensors', () =>
    safetensors(
      JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t${i}`, tensor(0, 4e6, [4e6])]))),
      4e6,
    ),
  ),
  weights('a header 100,000 brackets deep', 'deep.safetensors', () => safetensors('['.repeat(100_000), 0)),
  weights('a shard that is named 1,000 times', 'model.json', (dir) =>
    modelJson(dir, new Array<string>(1000).fill('shard.bin'), [{ name: 'a', shape: [64_000], dtype: 'uint8' }]),
  ),
  weights('a weight of 1e15 values of a shard', 'model.json', (dir) =>
    modelJson(dir, ['shard.bin'], [{ name: 'a', shape: [1e15], dtype: 'float32' }]),
  ),
]
