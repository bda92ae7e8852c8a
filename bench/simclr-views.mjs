// JPEG files to two SimCLR views of each at 224 px, two cores, beside torchvision v2 with two DataLoader workers: same files, same
// recipe (crop, flip, jitter, colour drop, blur), floats out. Sides in turns, the fastest pass counts; the faster of torchvision's two
// ways, PIL or tensors, is the peer. Ours is what training does: decode, draw, make views in threads, in a process with the memory settings
// of a worker that trains. Bound: 1.5 times the peer's speed.
//
//   npm run bench -- simclr-views        ETSEF_PYTHON names a python with torch, torchvision and pillow
//   ETSEF_BENCH_ROUNDS (3)
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawView, makeView, viewPresets } from '@etsef/nn/images'
import { createRng } from '@etsef/plugin-api'
import { decodeImage } from '@etsef/plugin-data'
import { workerMemory } from '../packages/runner/dist/executor/worker-memory.js'
import sharp from 'sharp'

const SIDE = 224
const NUM_PICTURES = 192
const BATCH = 32
const AT_A_TIME = 8
const ROUNDS = Number(process.env.ETSEF_BENCH_ROUNDS ?? 3)
const BOUND = 1.5
const python = process.env.ETSEF_PYTHON ?? 'python3'
const peerScript = fileURLToPath(new URL('simclr-views-peer.py', import.meta.url))

// The allocator reads its settings when a process starts.
const memory = workerMemory(true)
if (Object.keys(memory).length > 0) {
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, ...memory },
  })
  process.exit(status ?? 1)
}

const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const files = await writeJpegs()
  const listing = join(dir, 'files.txt')
  writeFileSync(listing, files.join('\n'))
  const best = { ours: Infinity, peer: Infinity }
  let peerName = ''
  await ourPass(files, 0)
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 2; i++) best.ours = Math.min(best.ours, await ourPass(files, round))
    const { status, stdout, stderr } = spawnSync(python, [peerScript, listing, SIDE, 2, BATCH, 2].map(String), {
      encoding: 'utf8',
    })
    if (status !== 0)
      throw new Error(`${python} has no torchvision, and a bench without its peer has no result\n${stderr}`)
    const result = JSON.parse(stdout.trim().split('\n').at(-1))
    peerName = result.peer
    best.peer = Math.min(best.peer, result.wall)
  }
  const ratio = round2(best.peer / best.ours)
  const line = {
    name: 'simclr-views',
    ours: round2(best.ours),
    peer: round2(best.peer),
    ratio,
    bound: BOUND,
    ok: ratio >= BOUND,
  }
  process.stdout.write(`${JSON.stringify({ ...line, unit: 'ms per picture (two views)', beside: peerName })}\n`)
  if (!line.ok) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true })
}

/** One pass over the files in batches, as a trainer reads them. @returns Milliseconds per picture. */
async function ourPass(files, epoch) {
  const started = performance.now()
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH)
    const views = new Float32Array(2 * batch.length * SIDE * SIDE * 3)
    let next = 0
    const lane = async () => {
      while (next < batch.length) {
        const i = next++
        const image = await decodeImage(await readFile(batch[i]), batch[i])
        const made = [0, 1].map((half) => {
          const rng = createRng('bench', epoch, start + i, half)
          return makeView(image, SIDE, drawView(image.shape[0], image.shape[1], viewPresets.color, rng))
        })
        for (const [half, view] of made.entries()) views.set(await view, (half * batch.length + i) * SIDE * SIDE * 3)
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  }
  return (performance.now() - started) / files.length
}

/** Coloured pictures of 400 × 300 with smooth parts, edges and grain, as photographs have. */
async function writeJpegs() {
  const [width, height] = [400, 300]
  const files = []
  for (let n = 0; n < NUM_PICTURES; n++) {
    const rng = createRng('picture', n)
    const [a, b, c] = [rng.uniform(8, 60), rng.uniform(8, 60), rng.uniform(0, 6)]
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
      const value = 120 + 60 * Math.sin(x / a + c + (i % 3)) + 50 * Math.cos(y / b) + 20 * rng.next()
      return Math.max(0, Math.min(255, (x - 200) ** 2 + (y - 150) ** 2 < 90 ** 2 ? 255 - value : value))
    })
    const file = join(dir, `${n}.jpg`)
    await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(file)
    files.push(file)
  }
  return files
}

function round2(value) {
  return Math.round(value * 100) / 100
}
