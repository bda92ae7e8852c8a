// Grad-CAM of 100 JPEG files for their predicted class, ResNet-18 and MobileNetV2 at 224 px, beside the same by hooks in torch (tools/peers/xai-gradcam.py):
// equal weights, files, batches of 8 and threads, in turns; the best of the rounds counts. `ours` and `peer` are milliseconds a picture, from the file to the
// map; torch decodes by a DataLoader with as many workers as threads. The peer goes back through the whole network, as jacobgil/pytorch-grad-cam does (hooks
// and `loss.backward()`). A gradient that stops at the layer is all that a map needs, and a script can be told to do so: `strictPeer` and `strictRatio` say
// how we stand beside one that was. `fromPixels` has the same figures without the files: pixels in memory to maps. The last line is the worst case.
//
//   npm run bench -- xai-gradcam [network …]     ETSEF_PYTHON names interpreters with torch, torchvision and safetensors
//   ETSEF_BENCH_PICTURES (100), ETSEF_BENCH_ROUNDS (2) and ETSEF_BENCH_THREADS (2) change what they say
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { loadPretrained, readSafetensors, toSquareRgb, withHead } from '@etsef/nn'
import { decodeImage } from '@etsef/plugin-data'
import { explainRows, openExplainer } from '@etsef/plugin-xai'
import { writePictures } from './phantom-pictures.mjs'

const [side, batch, bound] = [224, 8, 1.5]
const setting = (name, value) => Number(process.env[`ETSEF_BENCH_${name}`] ?? value)
const [numPictures, rounds, threads] = [setting('PICTURES', 100), setting('ROUNDS', 2), setting('THREADS', 2)]
const networks = process.argv.length > 2 ? process.argv.slice(2) : ['resnet18', 'mobilenetV2']
const peerScript = fileURLToPath(new URL('../tools/peers/xai-gradcam.py', import.meta.url))
const python = (process.env.ETSEF_PYTHON ?? 'python3')
  .split(',')
  .find((each) => spawnSync(each, ['-c', 'import torch, safetensors'], { stdio: 'ignore' }).status === 0)
if (python === undefined)
  throw new Error('the peer runs in no interpreter of ETSEF_PYTHON: a bench without its peer has no result')

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const files = await drawPictures()
  const pixels = await Promise.all(files.map(async (file) => toSquareRgb(await decode(file), side)))
  writeFileSync(join(dir, 'pixels.bin'), Buffer.concat(pixels))
  const lines = []
  for (const network of networks) lines.push(await measure(network, files, pixels))
  const worst = lines.sort((a, b) => a.ratio - b.ratio)[0]
  console.log(JSON.stringify({ ...worst, name: 'xai-gradcam', worst: worst.name }))
  if (!worst.ok) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

async function measure(network, files, pixels) {
  const { status, stderr } = spawnSync(python, [peerScript, 'weights', dir, network], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the peer failed: ${stderr}`)
  const explainer = await openExplainer(await modelOf(network), { method: 'grad-cam', engine: undefined, threads })
  const peer = startPeer(network)
  const pictures = pixels.map((data) => ({ dtype: 'uint8', shape: [side, side, 3], data }))
  const loads = { files: (row) => decode(files[row]), pixels: (row) => Promise.resolve(pictures[row]) }
  const rows = files.map((_, row) => row)
  const explain = (some, load) =>
    explainRows(explainer, some, load, { batchSize: batch, signal: new AbortController().signal })
  try {
    const best = {}
    const keep = (name, milliseconds) => (best[name] = Math.min(best[name] ?? Infinity, milliseconds))
    let agreement = 1
    await explain(rows.slice(0, 2 * batch), loads.files)
    for (let round = 0; round < rounds; round++) {
      for (const source of ['files', 'pixels']) {
        const start = performance.now()
        const found = await explain(rows, loads[source])
        keep(`ours ${source}`, performance.now() - start)
        for (const form of ['whole', 'head']) {
          const said = await peer.ask(`${form} ${source}`)
          keep(`${form} ${source}`, said.seconds * 1000)
          // Decoders and resizers of files differ in roundings; mean gradients times activations of equal pixels, by the order of sums alone.
          const same = correlation([...found[0].map], said.map)
          if (!(same > (source === 'files' ? 0.99 : 0.999)))
            throw new Error(`both sides compute other maps of ${source}: correlation ${String(same)}`)
          agreement = Math.min(agreement, same)
        }
      }
    }
    const figures = (source) => {
      const each = (name) => best[`${name} ${source}`]
      return {
        ours: round2(each('ours') / numPictures),
        peer: round2(each('whole') / numPictures),
        ratio: round2(each('whole') / each('ours')),
        strictPeer: round2(each('head') / numPictures),
        strictRatio: round2(each('head') / each('ours')),
      }
    }
    const line = {
      name: `xai-gradcam ${network}`,
      ...figures('files'),
      bound,
      ok: best['whole files'] / best['ours files'] >= bound,
      fromPixels: figures('pixels'),
      what: `${numPictures} JPEG files to maps at ${side} px, batches of ${batch}, threads: ${threads}`,
      correlation: agreement,
    }
    console.log(JSON.stringify(line))
    return line
  } finally {
    peer.stop()
    await explainer.close()
  }
}

function decode(file) {
  return decodeImage(readFileSync(file), file)
}

/** The network with torch's own weights, and its head of 1000 classes. */
async function modelOf(architecture) {
  const path = join(dir, `${architecture}.safetensors`)
  const loaded = await loadPretrained(architecture, path, { variant: 'torch', inputSize: side })
  const { tensors } = await readSafetensors(path)
  const name = architecture === 'resnet18' ? 'fc' : 'classifier.1'
  const { data, shape } = tensors.get(`${name}.weight`)
  const [classes, width] = shape
  const kernel = Float32Array.from(
    { length: data.length },
    (_, at) => data[(at % classes) * width + Math.floor(at / classes)],
  )
  const weights = new Map(loaded.weights)
  weights.set('logits/kernel', { shape: [width, classes], data: kernel })
  weights.set('logits/bias', tensors.get(`${name}.bias`))
  return {
    graph: withHead(loaded.graph, { numClasses: classes }),
    weights,
    preprocessing: loaded.preprocessing,
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
  }
}

async function drawPictures() {
  const folder = await writePictures(join(dir, 'pictures'), {
    perClass: Math.ceil(numPictures / 3),
    dataSeed: 1,
    inFolders: false,
  })
  return readdirSync(folder)
    .sort()
    .slice(0, numPictures)
    .map((file) => join(folder, file))
}

/** A process that makes all maps anew for each line it is given. */
function startPeer(network) {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads) }
  // Some machines name a kernel that is not their processor's.
  delete env.OPENBLAS_CORETYPE
  const child = spawn(python, [peerScript, 'serve', dir, network, threads, side, numPictures, batch].map(String), {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (form) => {
      child.stdin.write(`${form}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('the peer ended before it had answered')
      return JSON.parse(value)
    },
    stop: () => child.stdin.end(),
  }
}

function correlation(a, b) {
  const centred = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return values.map((value) => value - mean)
  }
  const [x, y] = [centred(a), centred(b)]
  const product = (p, q) => p.reduce((sum, value, at) => sum + value * q[at], 0)
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y))
}

function round2(value) {
  return Math.round(value * 100) / 100
}
