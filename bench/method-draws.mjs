// What our side of bench/method.mjs draws at random, drawn once more and written down for the peer: first weights of all heads, the order
// of the rows in every epoch, and the random changes of every view. So both sides train the same networks on the same batches, and
// their votes differ by what the libraries compute, not by luck.
import { hashString, initParameter, range, viewPresets } from '@etsef/nn'
import { drawCrop } from '@etsef/nn/images'
import { createRng } from '@etsef/plugin-api'
import { opaqueId } from '@etsef/plugin-api/semantics'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes `draws.json`, and `heads.bin` with weights that it points into, to `dir`.
 *
 * @param seeds - Of the nodes `tlSource`, `sslSource`, `tl` and `ssl`, as the run's record has them.
 * @param sizeOf - Height and width of a picture's file.
 */
export async function writeDraws(dir, config, seeds, sizeOf) {
  const { source, target, width: _, numFeatures, numHidden } = config
  const [sourceRows, targetRows] = [source, target].map(trainRowsOf)
  const classesOf = ({ rows }) => new Set(rows.map(({ label }) => label)).size
  const weights = []
  const dense = (seed, name, shape) => weights.push(initParameter(kernel(name, shape), hashString(seed)).data) - 1
  const finetuning = (seed) => ({
    hidden: dense(seed, 'head_dense1', [numFeatures, numHidden]),
    logits: dense(seed, 'logits', [numHidden, classesOf(target)]),
    headOrders: orders(`${seed}/head`, config.headEpochs, targetRows),
    orders: orders(`${seed}/body`, config.epochs, targetRows),
  })
  const draws = {
    tlSource: {
      logits: dense(seeds.tlSource, 'logits', [numFeatures, classesOf(source)]),
      orders: orders(`${seeds.tlSource}/body`, config.sourceEpochs, sourceRows),
    },
    sslSource: {
      hidden: dense(seeds.sslSource, 'projection1', [numFeatures, 128]),
      projection: dense(seeds.sslSource, 'projection', [128, 128]),
      ...(await views(seeds.sslSource, config.sslEpochs, sourceRows, (row) =>
        sizeOf(join(source.folder, source.rows[row].file)),
      )),
    },
    tl: finetuning(seeds.tl),
    ssl: finetuning(seeds.ssl),
  }
  const bytes = weights.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))
  writeFileSync(join(dir, 'heads.bin'), Buffer.concat(bytes))
  const starts = bytes.map((_, at) => bytes.slice(0, at).reduce((sum, each) => sum + each.length, 0))
  writeFileSync(join(dir, 'draws.json'), JSON.stringify({ ...draws, starts }))
}

const kernel = (node, shape) => ({ name: `${node}/kernel`, shape, trainable: true, init: 'glorotUniform' })

/** Rows of the table that are for training, in the order in which a plugin is given them. */
function trainRowsOf({ folder, rows }) {
  const nameOf = ({ file }) =>
    opaqueId(
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    )
  return rows
    .flatMap((row, at) => (row.partition === 'train' ? [{ at, name: nameOf(row) }] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ at }) => at)
}

/** Rows of each epoch of `trainClassifier`. */
function orders(seed, epochs, rows) {
  const rng = createRng(seed, 'train-classifier')
  return range(0, epochs).map((epoch) => shuffle(rng.fork('epoch', epoch), rows))
}

function shuffle(rng, rows) {
  return rng
    .fork('order')
    .shuffle(range(0, rows.length))
    .map((at) => rows[at])
}

/** Rows of each epoch of `simclr/pretrain`, and how both views of each of its rows are cut and changed. */
async function views(seed, epochs, rows, sizeOfRow) {
  const sizes = await Promise.all(rows.map(sizeOfRow))
  const of = (rng) =>
    rows.map((_, at) => [0, 1].map((half) => view(rng.fork('view', at).fork('half', half), sizes[at])))
  const rngs = range(0, epochs).map((epoch) => createRng(seed, 'simclr').fork('epoch', epoch))
  return {
    orders: rngs.map((rng) => shuffle(rng, rows)),
    views: rngs.map((rng) => Object.fromEntries(of(rng).map((both, at) => [rows[at], both]))),
  }
}

/** In the order in which `augmentView` draws. */
function view(rng, { height, width }) {
  const { cropScale, flip, jitter, blur, blurSigma, ...strengths } = viewPresets.grayscale
  const isFlipped = rng.next() < flip
  const { top, left, ...size } = drawCrop(height, width, cropScale, rng)
  const changes = []
  if (rng.next() < jitter) {
    for (const change of rng.shuffle(['brightness', 'contrast', 'saturation', 'hue'])) {
      const strength = strengths[change]
      if (strength > 0) changes.push([change, rng.uniform(Math.max(0, 1 - strength), 1 + strength)])
    }
  }
  // Whether colour is dropped: never, here.
  rng.next()
  const sigma = rng.next() < blur ? rng.uniform(...blurSigma) : 0
  return { isFlipped, crop: [top, left, size.height, size.width], changes, sigma }
}
