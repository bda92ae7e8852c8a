// Feature extraction: MobileNetV2, ResNet50 and EfficientNet-B0 at 96 and 224 px, 2 threads, beside Python on the same cores.
//   inference   preprocessed batch to features; peer: Python onnxruntime on the same file; bound 0.95 of its speed
//   extraction  JPEG files to feature table, decoding overlapped; peer: torch with 2 DataLoader workers; bound 1.5 times its speed
// Arguments: names of architectures (default all three). ETSEF_BENCH_PYTHON names a python with torch, timm, torchvision,
// onnxruntime and pillow; without it the bench fails. Sides are measured in turns; the best of three rounds counts
// (ETSEF_BENCH_ROUNDS). Figures are wall time; `cpu` is ours, all threads. The last line is the worst case of all.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildArchitecture, exportOnnx, initWeights, OnnxExtractor, preprocessingOf, uniformStream } from '@etsef/nn'
import { embedImages, openEmbedder } from '@etsef/plugin-backbones'
import { decodeImage } from '@etsef/plugin-data'
import sharp from 'sharp'

const BATCH = 16
const NUM_IMAGES = 256
const THREADS = 2
const ROUNDS = Number(process.env.ETSEF_BENCH_ROUNDS ?? 3)
const peerScript = fileURLToPath(new URL('../tools/peers/nn-extract.py', import.meta.url))
const python = process.env.ETSEF_BENCH_PYTHON
if (python === undefined) throw new Error('ETSEF_BENCH_PYTHON names no python: a bench without its peer has no result')
const names = process.argv.slice(2)
const wanted = names.length > 0 ? names : ['mobilenetV2', 'resnet50', 'efficientnetB0']

/** What the runner grants. */
const context = { engine: 'wasm', threads: THREADS, log: (level, line) => process.stderr.write(`${level} ${line}\n`) }

const lines = []
const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const files = await writeJpegs(join(dir, 'images'))
  for (const architecture of wanted) for (const size of [96, 224]) await measure(architecture, size, files)
  const worst = lines.sort((a, b) => a.ratio / a.bound - b.ratio / b.bound)[0]
  process.stdout.write(`${JSON.stringify({ ...worst, name: 'nn-extract', worst: worst.name })}\n`)
} finally {
  rmSync(dir, { recursive: true })
}

async function measure(architecture, size, files) {
  const options = { inputSize: size, variant: 'torch' }
  const graph = buildArchitecture(architecture, options)
  const onnx = join(dir, `${architecture}-${size}.onnx`)
  const model = { graph, weights: initWeights(graph, 1), preprocessing: preprocessingOf(architecture, options) }
  writeFileSync(onnx, exportOnnx(graph, model.weights))
  const ours = { inference: Infinity, extraction: Infinity }
  const cpu = { inference: Infinity, extraction: Infinity }
  const peer = { inference: Infinity, extraction: Infinity }
  for (let round = 0; round < ROUNDS; round++) {
    const network = await OnnxExtractor.create(readFileSync(onnx), { threads: THREADS })
    // Both sides run extraction twice and inference 60 times; the fastest counts.
    keep('inference', await timeInference(network, size))
    await network.dispose()
    const embedder = await openEmbedder(model, { outputs: [graph.featureNode], runner: 'onnx', tta: 'none' }, context)
    for (let i = 0; i < 2; i++) keep('extraction', await timeExtraction(embedder, files))
    await embedder.close()
    const result = runPeer(architecture, size, onnx)
    peer.inference = Math.min(peer.inference, result.inference)
    peer.extraction = Math.min(peer.extraction, result.extraction)
  }
  function keep(kind, figure) {
    ours[kind] = Math.min(ours[kind], figure.wall)
    cpu[kind] = Math.min(cpu[kind], figure.cpu)
  }
  for (const [kind, bound] of [
    ['inference', 0.95],
    ['extraction', 1.5],
  ]) {
    const ratio = peer[kind] / ours[kind]
    // A peer that gave no figure is no number here, and not ok.
    const ok = Number.isFinite(ratio) && ratio >= bound
    if (!ok) process.exitCode = 1
    const line = {
      name: `nn-extract ${kind} ${architecture} ${size}`,
      ours: round3(ours[kind]),
      peer: round3(peer[kind]),
      ratio: round3(ratio),
      bound,
      ok,
      unit: 'ms per picture',
      cpu: round3(cpu[kind]),
    }
    lines.push(line)
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
}

async function timeInference(network, size) {
  const uniform = uniformStream(1)
  const batch = Float32Array.from({ length: BATCH * size * size * 3 }, () => 2 * uniform() - 1)
  await network.extract(batch, BATCH)
  const best = { wall: Infinity, cpu: Infinity }
  for (let i = 0; i < 60; i++) {
    const stop = startClock(BATCH)
    await network.extract(batch, BATCH)
    const { wall, cpu } = stop()
    best.wall = Math.min(best.wall, wall)
    best.cpu = Math.min(best.cpu, cpu)
  }
  return best
}

/** Wall and processor milliseconds per picture since now. */
function startClock(numImages) {
  const [start, used] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(used)
    return { wall: (performance.now() - start) / numImages, cpu: (user + system) / 1000 / numImages }
  }
}

/** The way of `backbones/extract`. */
async function timeExtraction(embedder, files) {
  const images = { ids: files, load: (i) => decodeImage(readFileSync(files[i]), files[i]) }
  const stop = startClock(files.length)
  await embedImages(embedder, images, new AbortController().signal)
  return stop()
}

/** Photographs' worth of detail: a random low-resolution picture, enlarged, with noise. */
async function writeJpegs(folder) {
  mkdirSync(folder)
  const uniform = uniformStream(2)
  const files = []
  for (let i = 0; i < NUM_IMAGES; i++) {
    const coarse = Uint8Array.from({ length: 64 * 64 * 3 }, () => 256 * uniform())
    const file = join(folder, `${i}.jpg`)
    await sharp(coarse, { raw: { width: 64, height: 64, channels: 3 } })
      .resize(400, 400)
      .jpeg({ quality: 90 })
      .toFile(file)
    files.push(file)
  }
  return files
}

function runPeer(architecture, size, onnx) {
  const args = [peerScript, architecture, String(size), onnx, join(dir, 'images'), String(BATCH), String(THREADS)]
  const { stdout, stderr, status } = spawnSync(python, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function round3(value) {
  return Math.round(value * 1000) / 1000
}
