// Grad-CAM of 100 pictures for their predicted class, ResNet-18 and MobileNetV2 at 224 px, beside the same by hooks in torch (tools/peers/xai-gradcam.py):
// equal weights, pixels, batches of 8 and threads, in turns; the best of the rounds counts. `ours` and `peer` are milliseconds a picture, preprocessing
// included. The gradient of the peer goes back to the layer and no further, which is all that is needed; `wholePeer` and `wholeRatio` are of scripts as
// they mostly are, which go back through the whole network. The last line is the worst case.
//
//   npm run bench -- xai-gradcam [network …]     ETSEF_PYTHON names interpreters with torch, torchvision and safetensors
//   ETSEF_BENCH_PICTURES (100), ETSEF_BENCH_ROUNDS (2) and ETSEF_BENCH_THREADS (2) change what they say
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { loadEngine, loadPretrained, readSafetensors, withHead } from '@etsef/nn'
import { parsePhantomId, phantomRows, renderPhantom } from '@etsef/plugin-data'
import { createExplainer } from '@etsef/plugin-xai'

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
  const pictures = drawPictures()
  writeFileSync(join(dir, 'pixels.bin'), Buffer.concat(pictures.map(({ data }) => data)))
  const lines = []
  for (const network of networks) lines.push(await measure(network, pictures))
  const worst = lines.sort((a, b) => a.ratio - b.ratio)[0]
  console.log(JSON.stringify({ ...worst, name: 'xai-gradcam', worst: worst.name }))
  if (!worst.ok) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

async function measure(network, pictures) {
  const { status, stderr } = spawnSync(python, [peerScript, 'weights', dir, network], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the peer failed: ${stderr}`)
  const engine = await loadEngine({ threads })
  const explainer = createExplainer(engine, await modelOf(network), { method: 'grad-cam' })
  const peer = startPeer(network)
  try {
    const best = { ours: Infinity, usual: Infinity, head: Infinity }
    let agreement = 1
    explainer.explain(pictures.slice(0, batch))
    for (let round = 0; round < rounds; round++) {
      const start = performance.now()
      const found = []
      for (let first = 0; first < pictures.length; first += batch)
        found.push(...explainer.explain(pictures.slice(first, first + batch)))
      best.ours = Math.min(best.ours, performance.now() - start)
      for (const form of ['usual', 'head']) {
        const said = await peer.ask(form)
        best[form] = Math.min(best[form], said.seconds * 1000)
        agreement = Math.min(agreement, correlation([...found[0].map], said.map))
      }
    }
    // Mean gradients times activations are the same on both sides, up to the order of sums.
    if (!(agreement > 0.999)) throw new Error(`both sides compute other maps: correlation ${String(agreement)}`)
    const line = {
      name: `xai-gradcam ${network}`,
      ours: round2(best.ours / numPictures),
      peer: round2(best.head / numPictures),
      ratio: round2(best.head / best.ours),
      bound,
      ok: best.head / best.ours >= bound,
      wholePeer: round2(best.usual / numPictures),
      wholeRatio: round2(best.usual / best.ours),
      what: `${numPictures} pictures at ${side} px, batches of ${batch}, threads: ${threads}, engine ${engine.name}`,
      correlation: agreement,
    }
    console.log(JSON.stringify(line))
    return line
  } finally {
    peer.stop()
    explainer.dispose()
  }
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

function drawPictures() {
  const style = { size: side, noise: 0.05, dataSeed: 1 }
  const { uris } = phantomRows({
    ...style,
    modality: 'brain-t1',
    classes: ['normal', 'nodule'],
    perClass: Math.ceil(numPictures / 2),
    imagesPerPatient: 1,
  })
  return uris.slice(0, numPictures).map((uri) => renderPhantom(parsePhantomId(uri), style).image)
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
