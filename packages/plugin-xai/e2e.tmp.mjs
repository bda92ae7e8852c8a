import { phantomRows, renderPhantom, parsePhantomId, splitGroups } from '/work/main/packages/plugin-data/dist/index.js'
import { runOperation } from '@etsef/plugin-api/testing'
import xai from '/work/main/packages/plugin-xai/dist/index.js'
import {
  loadEngine,
  buildArchitecture,
  withHead,
  initWeights,
  trainClassifier,
  preprocess,
  writeModel,
} from '/work/main/packages/nn/dist/index.js'
const [
  ,
  ,
  perClass = '60',
  modality = 'brain-t1',
  noise = '0.05',
  epochs = '15',
  arch = 'mobilenetV1',
  width = '0.25',
] = process.argv
const engine = await loadEngine({ prefer: 'tensorflow' })
const set = {
  modality,
  classes: ['normal', 'nodule', 'ring', 'diffuse'],
  perClass: +perClass + 40,
  imagesPerPatient: 3,
  size: 64,
  noise: +noise,
  dataSeed: 1,
}
const rows = phantomRows(set)
const parts = splitGroups({
  labels: rows.labels,
  groups: rows.groups,
  classNames: rows.classNames,
  fractions: { train: +perClass / (+perClass + 40), val: 0, test: 40 / (+perClass + 40) },
  seed: 1,
})
const src = (p) => {
  const idx = rows.ids.flatMap((_, i) => (parts[i] === p ? [i] : []))
  const px = idx.map((i) => preprocess(renderPhantom(parsePhantomId(rows.uris[i]), set).image.data, 'tf'))
  const n = 64 * 64 * 3
  return {
    size: idx.length,
    labels: Int32Array.from(idx, (i) => rows.labels[i]),
    isAugmented: p === 'train',
    read: (ids, rng) => {
      const o = new Float32Array(ids.length * n)
      ids.forEach((i, k) => {
        let d = px[i]
        if (rng && rng.next() < 0.5) {
          const f = new Float32Array(n)
          for (let y = 0; y < 64; y++)
            for (let x = 0; x < 64; x++)
              for (let c = 0; c < 3; c++) f[(y * 64 + x) * 3 + c] = d[(y * 64 + 63 - x) * 3 + c]
          d = f
        }
        o.set(d, k * n)
      })
      return o
    },
  }
}
const tiny = () => {
  const nodes = []
  let last = 'input'
  ;[16, 32, 64].forEach((f, i) => {
    const st = 'stage' + (i + 1)
    for (const j of [1]) {
      nodes.push(
        {
          op: 'conv',
          filters: f,
          kernel: [3, 3],
          strides: [1, 1],
          padding: 'same',
          bias: false,
          name: `c${i}${j}`,
          inputs: [last],
          stage: st,
        },
        {
          op: 'batchNorm',
          epsilon: 1e-3,
          momentum: 0.9,
          scale: true,
          center: true,
          name: `b${i}${j}`,
          inputs: [`c${i}${j}`],
          stage: st,
        },
        { op: 'activation', activation: 'relu', name: `r${i}${j}`, inputs: [`b${i}${j}`], stage: st },
      )
      last = `r${i}${j}`
    }
    nodes.push({
      op: 'maxPool',
      size: [2, 2],
      strides: [2, 2],
      padding: 'same',
      name: `p${i}`,
      inputs: [last],
      stage: st,
    })
    last = `p${i}`
  })
  nodes.push({ op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: [last], stage: 'stage3' })
  return {
    architecture: 'tiny',
    inputShape: [64, 64, 3],
    nodes,
    featureNode: 'pool',
    featureWidth: 64,
    lastSpatialNode: last,
  }
}
const graph = withHead(
  arch === 'tiny'
    ? tiny()
    : buildArchitecture(arch, { inputSize: 64, width: +width, ...(process.env.CUT && { cut: process.env.CUT }) }),
  { numClasses: 4 },
)
const t = Date.now()
const r = await trainClassifier({
  engine,
  graph,
  weights: initWeights(graph, 1),
  train: src('train'),
  validation: src('test'),
  options: { epochs: +epochs, learningRate: +(process.env.LR ?? 3e-3) },
  seed: 1,
})
console.log(process.argv.slice(2).join(' '), 'n', src('train').size, (Date.now() - t) / 1000, 's best', r.bestEpoch)
console.log(r.history.map((h) => h.loss.toFixed(2) + '/' + h.validation.balancedAccuracy.toFixed(2)).join(' '))

await writeModel('/tmp/px/model', {
  graph,
  weights: r.weights,
  classNames: rows.classNames,
  preprocessing: 'tf',
  trainingRecord: {},
})
const wrap = (what) => ({
  ...rows,
  partitions: parts,
  parentIds: rows.ids,
  transforms: rows.ids.map(() => []),
  load: async (i) => renderPhantom(parsePhantomId(rows.uris[i]), set)[what],
})
const images = wrap('image'),
  masks = wrap('mask')
for (const method of ['grad-cam', 'hires-cam', 'layer-cam', 'grad-cam++']) {
  const cam = await runOperation(xai.operations[0], {
    options: { maxImages: 40, method, ...(process.env.LAYER && { layer: process.env.LAYER }) },
    inputs: { images, model: { kind: 'model', dir: '/tmp/px/model' } },
    engine: 'tensorflow',
  })
  const a = { ...cam.outputs.attributions }
  const ix = new Map(rows.ids.map((id, i) => [id, i]))
  a.labels = Int32Array.from(a.ids, (id) => rows.labels[ix.get(id)])
  const rep = await runOperation(xai.operations[1], { inputs: { attributions: a, images, masks } })
  console.log(method, a.shape, JSON.stringify(rep.outputs.report.metrics), cam.logs)
  const { cpSync } = await import('node:fs')
  cpSync(rep.outputs.report.dir, '/tmp/px/rep-' + method, { recursive: true })
}
import { upsampleMap, localize } from '/work/main/packages/plugin-xai/dist/index.js'
{
  const cam = await runOperation(xai.operations[0], {
    options: { maxImages: 400 },
    inputs: { images, model: { kind: 'model', dir: '/tmp/px/model' } },
    engine: 'tensorflow',
  })
  const a = cam.outputs.attributions
  const ix = new Map(rows.ids.map((id, i) => [id, i]))
  for (const sh of [-8, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8]) {
    let hit = 0,
      en = 0,
      n = 0
    for (let r = 0; r < a.ids.length; r++) {
      const i = ix.get(a.ids[r])
      const m = upsampleMap(a.values.subarray(r * 64, r * 64 + 64), [8, 8], [64, 64])
      const s = new Float32Array(4096)
      for (let y = 0; y < 64; y++)
        for (let x = 0; x < 64; x++)
          s[y * 64 + x] = m[Math.min(63, Math.max(0, y - sh)) * 64 + Math.min(63, Math.max(0, x - sh))]
      const l = localize(s, (await masks.load(i)).data)
      if (l) {
        n++
        hit += l.isHit
        en += l.energyInside
      }
    }
    console.log('shift', sh, n, (hit / n).toFixed(3), (en / n).toFixed(3))
  }
}
