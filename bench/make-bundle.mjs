// Shared by benches that ask a bundled vote.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Fits a vote of five classifiers on features of networks whose weights lie in a folder, and packs it there. */
export function makeBundle(dir, { train, networks, side }) {
  const start = networks.map(
    (
      name,
      at,
    ) => `  start${at}: { use: backbones/pretrained, with: { architecture: ${name}, variant: torch, inputSize: ${side}, weights: ${dir}/${name}.safetensors } }
  features${at}: { use: backbones/extract, in: { images: split, model: start${at} } }`,
  )
  const pipeline = `name: bench-predict
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${train} } }
  split: { use: data/split, in: { images: scans }, with: { train: 0.8, val: 0.1, test: 0.1 } }
${start.join('\n')}
  fused: { use: ensemble/fuse, in: { features: [${networks.map((_, at) => `features${at}`).join(', ')}] } }
  ica: { use: ensemble/fast-ica, in: { features: fused }, with: { components: 50 } }
  svm: { use: ensemble/linear-svm, in: { features: ica } }
  boosted: { use: ensemble/xgboost, in: { features: ica }, with: { rounds: 100, learningRate: 0.9, maxDepth: 10, method: hist } }
  forest: { use: ensemble/random-forest, in: { features: ica }, with: { trees: 100, maxFeatures: log2 } }
  nb: { use: ensemble/naive-bayes, in: { features: ica } }
  knn: { use: ensemble/knn, in: { features: ica }, with: { neighbors: 3, metric: l1, weights: distance } }
  vote: { use: ensemble/vote, in: { predictions: [svm, boosted, forest, nb, knn] } }
`
  writeFileSync(join(dir, 'bench.yaml'), pipeline)
  const etsef = (...args) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'packages/runner/bin/etsef.js'), ...args, '--json', '--store', join(dir, 'store')],
      { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
    )
    if (status !== 0) throw new Error(`etsef ${args[0]}: ${stdout.slice(-3000)} ${stderr.slice(-3000)}`)
    return JSON.parse(stdout.trim().split('\n').at(-1))
  }
  const { run } = etsef('run', join(dir, 'bench.yaml'))
  return etsef('bundle', run, '-o', join(dir, 'bundle')).dir
}
