// How long one of 8 senders waits for `etsef serve`, beside a sender that is alone: 95th percentiles of answered requests, in milliseconds, over loopback.
// Peer: a single sender of the same server, in this call, before and after the 8. `ratio` is peer over ours: the promise that 8 senders wait at most
// twice as long is 0.5. What else must hold: no status but 200 and the declared 429 and 503, and memory that stays where it is
// (largest resident set of the last third of the time at most 1.1 times that of the first).
//
//   npm run bench -- serve [--seconds 60] [--max-pending N] [network …]     the time is that of the 8; ETSEF_BENCH_SIDE (224) changes the side
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writePictures } from './phantom-pictures.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'packages/runner/bin/etsef.js')
const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string' }, 'max-pending': { type: 'string' } },
  allowPositionals: true,
})
const seconds = Number(values.seconds ?? 60)
const networks = positionals.length > 0 ? positionals : ['mobilenetV2']
const side = process.env.ETSEF_BENCH_SIDE ?? '224'
const numSenders = 8
const bound = 0.5
let numSent = 0
let served

const dir = mkdtempSync(join(tmpdir(), 'etsef-bench-'))
try {
  const data = await writePictures(join(dir, 'data'), { perClass: 20, dataSeed: 1, inFolders: true })
  const asked = await writePictures(join(dir, 'asked'), { perClass: 8, dataSeed: 2, inFolders: false })
  const pictures = readdirSync(asked).map((name) => readFileSync(join(asked, name)))
  served = await serve(makeBundle(data))
  const memory = watchMemory(served.child.pid)
  const alone = [await ask(served.url, pictures, 1, seconds / 6)]
  const begun = performance.now()
  const together = await ask(served.url, pictures, numSenders, seconds)
  const ended = performance.now()
  alone.push(await ask(served.url, pictures, 1, seconds / 6))
  const resident = memory.stop()
  report({ alone, together, resident, begun, ended, started: served.started })
} finally {
  served?.child.kill('SIGTERM')
  rmSync(dir, { recursive: true, force: true })
}

function report({ alone, together, resident, begun, ended, started }) {
  const single = alone.flatMap(({ milliseconds }) => milliseconds)
  const [ours, peer] = [percentile(together.milliseconds, 0.95), percentile(single, 0.95)]
  const statuses = {}
  for (const each of [...alone, together])
    for (const [status, count] of Object.entries(each.statuses)) statuses[status] = (statuses[status] ?? 0) + count
  const areDeclared = Object.keys(statuses).every((status) => ['200', '429', '503'].includes(status))
  const largest = (from, to) =>
    Math.max(
      ...resident
        .filter(({ at }) => at >= begun + from * (ended - begun) && at <= begun + to * (ended - begun))
        .map(({ megabytes }) => megabytes),
    )
  const megabytes = {
    start: resident[0].megabytes,
    firstThird: largest(0, 1 / 3),
    middleThird: largest(1 / 3, 2 / 3),
    lastThird: largest(2 / 3, 1),
    end: resident.at(-1).megabytes,
  }
  const isFlat = megabytes.lastThird <= 1.1 * megabytes.firstThird
  const ok = peer / ours >= bound && areDeclared && isFlat
  const line = {
    name: 'serve',
    ours: round2(ours),
    peer: round2(peer),
    ratio: round2(peer / ours),
    bound,
    ok,
    peerName: 'a single sender, before and after',
    unit: 'ms, 95th percentile of answered requests',
    what: `${String(numSenders)} senders for ${String(seconds)} s; ${networks.join(', ')} at ${side} px, three classifiers, vote`,
    timesSingle: round2(ours / peer),
    medians: { ours: round2(percentile(together.milliseconds, 0.5)), peer: round2(percentile(single, 0.5)) },
    answered: { ours: together.milliseconds.length, peer: single.length },
    answeredBySender: together.bySender,
    statuses,
    megabytes,
    isFlat,
    server: started,
  }
  console.log(JSON.stringify(line))
  if (!ok) process.exitCode = 1
}

function makeBundle(data) {
  const steps = networks.map(
    (
      architecture,
      at,
    ) => `  start${at}: { use: backbones/pretrained, with: { architecture: ${architecture}, inputSize: ${side} } }
  features${at}: { use: backbones/extract, in: { images: split, model: start${at} } }`,
  )
  writeFileSync(
    join(dir, 'bench.yaml'),
    `name: bench-serve
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${data} } }
  split: { use: data/split, in: { images: scans } }
${steps.join('\n')}
  fused: { use: ensemble/fuse, in: { features: [${networks.map((_, at) => `features${at}`).join(', ')}] } }
  knn: { use: ensemble/knn, in: { features: fused } }
  forest: { use: ensemble/random-forest, in: { features: fused }, with: { trees: 50 } }
  nb: { use: ensemble/naive-bayes, in: { features: fused } }
  vote: { use: ensemble/vote, in: { predictions: [knn, forest, nb] } }
`,
  )
  const { run } = etsef('run', join(dir, 'bench.yaml'), '--store', join(dir, 'store'))
  return etsef('bundle', run, '--store', join(dir, 'store'), '-o', join(dir, 'bundle')).dir
}

function etsef(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`etsef ${args[0]}: ${stdout.slice(-3000)} ${stderr.slice(-3000)}`)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

async function serve(bundle) {
  const own = values['max-pending'] === undefined ? [] : ['--max-pending', values['max-pending']]
  const child = spawn(process.execPath, [cli, 'serve', bundle, '--port', '0', '--json', '--quiet', ...own], {
    cwd: root,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the server ended before it listened')
    }),
  ])
  const { address, maxPending, batchMs } = JSON.parse(text)
  return { child, url: new URL('/predict', address), started: { maxPending, batchMs } }
}

/** Senders that each ask, wait for the answer, and ask again; what is sent away comes again when it was told to. */
async function ask(url, pictures, senders, forSeconds) {
  const until = performance.now() + forSeconds * 1000
  const [milliseconds, statuses, bySender] = [[], {}, []]
  const send = async (sender) => {
    // A connection of its own, as clients on machines of their own have.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let answered = 0
    for (let turn = sender; performance.now() < until; turn++) {
      const bytes = unlike(pictures[turn % pictures.length])
      const started = performance.now()
      const { status, retryAfter } = await post(agent, url, bytes)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === 200) {
        milliseconds.push(performance.now() - started)
        answered++
      } else await sleep(1000 * Number(retryAfter ?? 1))
    }
    bySender.push(answered)
    agent.destroy()
  }
  await Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)))
  return { milliseconds, statuses, bySender }
}

function post(agent, url, bytes) {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': bytes.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        done({ status: response.statusCode, retryAfter: response.headers['retry-after'] })
      })
    })
    sent.on('error', fail)
    sent.end(bytes)
  })
}

/** The same JPEG with a comment that no other has: a server remembers what it was asked, and would not compute it again. */
function unlike(jpeg) {
  const comment = Buffer.from(String(numSent++).padStart(12, '0'))
  const head = Buffer.from([0xff, 0xfe, 0, comment.length + 2])
  return Buffer.concat([jpeg.subarray(0, 2), head, comment, jpeg.subarray(2)])
}

function watchMemory(pid) {
  const seen = []
  const look = () => {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if (kilobytes) seen.push({ at: performance.now(), megabytes: Math.round(kilobytes / 1024) })
  }
  look()
  const timer = setInterval(look, 250)
  return {
    stop() {
      clearInterval(timer)
      look()
      return seen
    },
  }
}

function percentile(values, share) {
  if (values.length === 0) throw new Error('nothing was answered')
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}

function round2(value) {
  return Math.round(value * 100) / 100
}
