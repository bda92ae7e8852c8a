import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { etsef, lastJson, temporaryFolder } from '../support/etsef.js'
import { leakProject } from '../support/leak-project.js'
import { writePhantoms } from '../support/phantom-folder.js'
import { png } from '../support/png.js'
import { serve as start, stop, type Served } from '../support/served.js'

const project = leakProject()
const { path: away, dispose } = temporaryFolder()
const data = join(project.path, 'data')
const bundle = join(away, 'bundle')
const token = 'a token of this test'
let picture: Buffer
let expected: Readonly<Record<string, unknown>>
/** Of the bundle, before anything was served. */
let files: readonly string[]

const serve = (...args: readonly string[]): Promise<Served> => start(bundle, project.path, ...args)

beforeAll(async () => {
  const ids = writePhantoms(data, { perClass: 12, size: 12 })
  picture = readFileSync(join(data, ids[0]!))
  const { run } = await project.run(`
name: served
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${data} } }
  split: { use: data/split, in: { images: scans } }
  pixels: { use: leaky/pixels, in: { images: split } }
  nb: { use: ensemble/naive-bayes, in: { features: pixels } }
  knn: { use: ensemble/knn, in: { features: pixels } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn] }, with: { voting: soft } }
`)
  await etsef(['bundle', run, '--node', 'vote', '-o', bundle], { cwd: project.path })
  files = readdirSync(bundle, { recursive: true, encoding: 'utf8' }).sort()
  const { predictions } = lastJson(
    await etsef(['predict', bundle, join(data, ids[0]!), '--json'], { cwd: project.path }),
  ) as { predictions: Record<string, unknown>[] }
  const [answer] = predictions
  delete answer!['id']
  expected = answer!
}, 120_000)
afterAll(() => {
  project.dispose()
  dispose()
})

const body = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)
const post = (served: Served, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${served.url}/predict`, {
    method: 'POST',
    body: body(bytes),
    headers: { 'content-type': 'image/png', ...headers },
  })

/** What comes back for bytes that are no request that fetch would send; pieces are sent with pauses between. */
async function raw({ port }: Served, pieces: readonly (string | Buffer)[], pauseMs = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  const closed = new Promise<void>((done) => {
    socket.on('close', () => {
      done()
    })
    // The server may close while this side still sends.
    socket.on('error', () => undefined)
  })
  for (const piece of pieces) {
    if (socket.destroyed || answer !== '') break
    socket.write(piece)
    await new Promise((done) => setTimeout(done, pauseMs))
  }
  await closed
  return answer
}

const patiently = { timeout: 60_000, interval: 20 }

/** Until so many pictures are being received or answered. */
async function untilHeld({ url }: Served, count: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(`\netsef_pictures_in_flight ${String(count)}\n`)
  }, patiently)
}

/** A PNG of one bit a pixel: as large as is wanted, of few bytes. */
function bomb(side: number): Buffer {
  const chunk = (type: string, content: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type, 'latin1'), content])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(content.length)
    check.writeUInt32BE(crc32(typed))
    return Buffer.concat([length, typed, check])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([1, 0, 0, 0, 0], 8)
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))))
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))])
}

const form = (parts: readonly string[]): Buffer =>
  Buffer.from(`${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`, 'latin1')
const multipart = { 'content-type': 'multipart/form-data; boundary=x' }
const part = (name: string, content: string): string =>
  `Content-Disposition: form-data; name="${name}"; filename="../../etc/passwd"\r\nContent-Type: image/png\r\n\r\n${content}`

const header = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n'

describe('etsef serve', () => {
  let served: Served
  beforeAll(async () => {
    const limits = ['--max-body', '200000', '--max-pixels', '1000000', '--timeout', '2', '--concurrency', '4']
    served = await serve(...limits)
  })
  afterAll(async () => {
    await stop(served)
  })

  test('answers as predict does, for raw bytes and for a form', async () => {
    const whole = { bundle: served.digest, ...expected }
    expect(whole).toHaveProperty('predictionSet')
    for (const type of ['image/png', 'image/jpeg', 'application/octet-stream']) {
      const response = await post(served, picture, { 'content-type': type })
      expect([response.status, await response.json()]).toEqual([200, whole])
    }
    const sent = new FormData()
    sent.append('picture', new Blob([body(picture)], { type: 'image/png' }), 'Erika Mustermann.png')
    const response = await fetch(`${served.url}/predict`, { method: 'POST', body: sent })
    expect([response.status, await response.json()]).toEqual([200, whole])
  })

  test('says what it is, that it is well, and how much it did', async () => {
    const get = async (path: string): Promise<string> => (await fetch(`${served.url}${path}`)).text()
    expect(JSON.parse(await get('/healthz'))).toEqual({ status: 'ok' })
    expect(JSON.parse(await get('/about'))).toMatchObject({ predictionSets: { kind: 'marginal', level: 0.9 } })
    const api = JSON.parse(await get('/openapi.json')) as {
      paths: object
      components: { schemas: { Answer: { required: string[]; properties: Record<string, unknown> } } }
    }
    expect(Object.keys(api.paths)).toEqual(['/predict', '/maps', '/about', '/healthz', '/metrics'])
    const { required, properties } = api.components.schemas.Answer
    const answer = (await (await post(served, picture)).json()) as object
    expect(Object.keys(answer).filter((key) => !Object.hasOwn(properties, key))).toEqual([])
    expect(required.filter((key) => !Object.hasOwn(answer, key))).toEqual([])
    const metrics = await get('/metrics')
    expect(metrics).toMatch(/etsef_requests_total\{route="\/predict",status="200"\} \d/)
    expect(metrics).toMatch(/etsef_pictures_in_flight 0/)
  })

  const gif = (): Promise<Buffer> =>
    sharp([png(8, () => 9), png(8, () => 99)], { join: { animated: true } })
      .gif()
      .toBuffer()
  const webp = (): Promise<Buffer> =>
    sharp([png(8, () => 9), png(8, () => 99)], { join: { animated: true } })
      .webp()
      .toBuffer()
  const script = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
  const entity =
    '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'
  const uploads: readonly [string, number, string, () => Promise<Response> | Response][] = [
    ['a bomb', 413, 'ERR_TOO_LARGE', () => post(served, bomb(12_000))],
    [
      'a bomb in a form',
      413,
      'ERR_TOO_LARGE',
      () => post(served, form([part('p', bomb(12_000).toString('latin1'))]), multipart),
    ],
    ['a header that claims 2³¹ pixels a side', 422, 'ERR_BAD_DATA', () => post(served, claiming(2 ** 31 - 1))],
    ['a header that claims no pixel', 422, 'ERR_BAD_DATA', () => post(served, claiming(0))],
    ['a truncated PNG', 422, 'ERR_BAD_DATA', () => post(served, picture.subarray(0, picture.length - 40))],
    ['a PNG of its signature alone', 422, 'ERR_BAD_DATA', () => post(served, picture.subarray(0, 8))],
    ['a PNG with a changed byte', 422, 'ERR_BAD_DATA', () => post(served, flipped(picture))],
    [
      'a truncated JPEG',
      422,
      'ERR_BAD_DATA',
      async () => post(served, (await sharp(picture).jpeg().toBuffer()).subarray(0, 300)),
    ],
    [
      'an SVG with a script',
      422,
      'ERR_BAD_DATA',
      () => post(served, Buffer.from(script), { 'content-type': 'image/svg+xml' }),
    ],
    ['an SVG that reads files, called a PNG', 422, 'ERR_BAD_DATA', () => post(served, Buffer.from(entity))],
    ['an animated GIF', 422, 'ERR_BAD_DATA', async () => post(served, await gif(), { 'content-type': 'image/gif' })],
    ['an animated WebP', 422, 'ERR_BAD_DATA', async () => post(served, await webp(), { 'content-type': 'image/webp' })],
    [
      'a PDF',
      422,
      'ERR_BAD_DATA',
      () => post(served, Buffer.from('%PDF-1.7\n1 0 obj'), { 'content-type': 'application/octet-stream' }),
    ],
    ['a ZIP called a PNG', 422, 'ERR_BAD_DATA', () => post(served, Buffer.from('PK\u0003\u0004aaaaaaaaaaaaaaaa'))],
    [
      'random bytes',
      422,
      'ERR_BAD_DATA',
      () => post(served, Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251))),
    ],
    ['nothing', 422, 'ERR_BAD_DATA', () => post(served, Buffer.alloc(0))],
    [
      'no body',
      415,
      'ERR_MEDIA_TYPE',
      () =>
        fetch(`${served.url}/predict`, {
          method: 'POST',
          body: body(Buffer.from('x')),
          headers: { 'content-type': '' },
        }),
    ],
    [
      'JSON with a path',
      415,
      'ERR_MEDIA_TYPE',
      () => post(served, Buffer.from('{"path":"/etc/passwd"}'), { 'content-type': 'application/json' }),
    ],
    ['text', 415, 'ERR_MEDIA_TYPE', () => post(served, Buffer.from('/etc/passwd'), { 'content-type': 'text/plain' })],
    [
      'a form that is encoded in the URL',
      415,
      'ERR_MEDIA_TYPE',
      () => post(served, Buffer.from('path=/etc/passwd'), { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    [
      'a compressed body',
      422,
      'ERR_BAD_DATA',
      () => post(served, gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' }),
    ],
    ['a body above the bound', 413, 'ERR_TOO_LARGE', () => post(served, Buffer.alloc(300_000))],
    [
      'a form above the bound',
      413,
      'ERR_TOO_LARGE',
      () => post(served, form([part('p', 'x'.repeat(300_000))]), multipart),
    ],
    [
      'a form without a file',
      422,
      'ERR_BAD_DATA',
      () => post(served, form(['Content-Disposition: form-data; name="a"\r\n\r\nb']), multipart),
    ],
    [
      'a form that names a path',
      422,
      'ERR_BAD_DATA',
      () => post(served, form([part('path', '/etc/passwd')]), multipart),
    ],
    [
      'a form of many fields',
      413,
      'ERR_TOO_LARGE',
      () =>
        post(
          served,
          form(
            Array.from({ length: 500 }, (_, at) => `Content-Disposition: form-data; name="f${String(at)}"\r\n\r\nb`),
          ),
          multipart,
        ),
    ],
    [
      'a form without its boundary',
      400,
      'ERR_BAD_REQUEST',
      () => post(served, form([part('p', 'x')]), { 'content-type': 'multipart/form-data' }),
    ],
    [
      'a form that ends in its middle',
      400,
      'ERR_BAD_REQUEST',
      () => post(served, form([part('p', 'xxxx')]).subarray(0, -8), multipart),
    ],
    [
      'a form that ends in its head',
      422,
      'ERR_BAD_DATA',
      () => post(served, form([part('p', 'x')]).subarray(0, 60), multipart),
    ],
    [
      'a form of two files',
      413,
      'ERR_TOO_LARGE',
      () => post(served, form([part('p', picture.toString('latin1')), part('q', 'x')]), multipart),
    ],
    [
      'a path in the address',
      404,
      'ERR_NOT_FOUND',
      () => fetch(`${served.url}/predict/..%2f..%2fetc%2fpasswd`, { method: 'POST', body: body(picture) }),
    ],
    ['another method', 404, 'ERR_NOT_FOUND', () => fetch(`${served.url}/predict?path=/etc/passwd`)],
  ]
  const streams: readonly [string, string, string, readonly (string | Buffer)[], number?][] = [
    ['a huge header', '431', 'ERR_HEADERS_TOO_LARGE', [`${header}X: ${'x'.repeat(100_000)}\r\n\r\n`]],
    [
      'a slow sender',
      '408',
      'ERR_SLOW_REQUEST',
      [`${header}Content-Length: 1000\r\n\r\n`, ...Array.from({ length: 40 }, () => 'x')],
      100,
    ],
    [
      'slow headers',
      '408',
      'ERR_SLOW_REQUEST',
      ['POST /predict HTTP/1.1\r\n', ...Array.from({ length: 40 }, (_, at) => `X${String(at)}: 1\r\n`)],
      100,
    ],
    ['no HTTP', '400', 'ERR_BAD_REQUEST', ['\u0016\u0003\u0001 hello\r\n\r\n']],
    [
      'two lengths',
      '400',
      'ERR_BAD_REQUEST',
      [`${header}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ],
    ['a length that is a lie', '413', 'ERR_TOO_LARGE', [`${header}Content-Length: 99999999999\r\n\r\nxxxx`]],
    [
      'another host',
      '421',
      'ERR_WRONG_HOST',
      ['GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'],
    ],
  ]

  test.each(uploads)('refuses %s', async (_, status, code, send) => {
    const response = await send()
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect([response.status, error.code]).toEqual([status, code])
    expect(error.message).not.toMatch(/passwd|\/work|\/tmp|node_modules/)
    expect((await post(served, picture)).status).toBe(200)
  })
  test.each(streams)(
    'refuses %s',
    async (_, status, code, pieces, pauseMs) => {
      const answer = await raw(served, pieces, pauseMs)
      expect([answer.split(' ')[1], answer.includes(`"code":"${code}"`)]).toEqual([status, true])
      expect((await post(served, picture)).status).toBe(200)
    },
    15_000,
  )

  test('logs lines of JSON that name no picture, and has written nothing', () => {
    const lines = served.log().trimEnd().split('\n')
    const events = lines.map((line) => JSON.parse(line) as { event: string; code?: string })
    expect(events.some(({ event, code }) => event === 'request' && code === 'ERR_TOO_LARGE')).toBe(true)
    expect(served.log()).not.toMatch(/Mustermann|passwd|127\.0\.0\.1/)
    expect(readdirSync(bundle, { recursive: true }).sort()).toEqual(files)
  })
})

describe('of requests that are sent in part, etsef serve', () => {
  let served: Served
  beforeAll(async () => {
    served = await serve('--concurrency', '4')
  })
  afterAll(async () => {
    await stop(served)
  })

  test('lets go of them when their senders go', async () => {
    for (let at = 0; at < 12; at++) {
      const socket = connect(served.port, '127.0.0.1')
      socket.write(`${header}Content-Length: 1000\r\n\r\nxxx`)
      await untilHeld(served, 1)
      socket.destroy()
      await untilHeld(served, 0)
    }
    expect((await post(served, picture)).status).toBe(200)
  })

  test('holds a bounded number; others are told to come again', async () => {
    const open = Array.from({ length: 4 }, () => {
      const socket = connect(served.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`${header}Content-Length: 1000\r\n\r\nxxx`)
      return socket
    })
    await untilHeld(served, 4)
    const busy = await post(served, picture)
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200)
    for (const socket of open) socket.destroy()
    await untilHeld(served, 0)
    expect((await post(served, picture)).status).toBe(200)
  })
})

test('asks for the token, and is refused on other addresses without one', async () => {
  writeFileSync(join(away, 'token'), `${token}\n`)
  const served = await serve('--token-file', join(away, 'token'))
  try {
    expect((await post(served, picture)).status).toBe(401)
    expect((await post(served, picture, { authorization: 'Bearer other' })).status).toBe(401)
    expect((await post(served, picture, { authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await fetch(`${served.url}/metrics`)).status).toBe(401)
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200)
  } finally {
    await stop(served)
  }
  const refused = await etsef(['serve', bundle, '--host', '0.0.0.0'], { cwd: project.path })
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/give a token with --token-file/)])
})

test('sends away what would wait for too many others, and answers the rest as ever', async () => {
  const served = await serve('--max-pending', '2')
  try {
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, at) => {
        const response = await post(
          served,
          png(600, (place) => (place * (at + 3)) % 251),
        )
        return { status: response.status, again: response.headers.get('retry-after'), body: await response.text() }
      }),
    )
    const away = answers.filter(({ status }) => status === 429)
    expect(away.length).toBeGreaterThan(0)
    for (const { again, body: text } of away)
      expect([again, JSON.parse(text)]).toMatchObject(['1', { error: { code: 'ERR_BUSY' } }])
    const rest = answers.filter(({ status }) => status !== 429)
    expect(rest.length).toBeGreaterThan(0)
    expect(rest.filter(({ status }) => status !== 200)).toEqual([])
    expect((await post(served, picture)).status).toBe(200)
  } finally {
    await stop(served)
  }
})

test('answers what it has begun when it is stopped, and ends', async () => {
  const served = await serve()
  const socket = connect(served.port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: image/png\r\nContent-Length: ${String(picture.length)}\r\n\r\n`
  socket.write(head)
  socket.write(picture.subarray(0, 50))
  await untilHeld(served, 1)
  served.child.kill('SIGTERM')
  await vi.waitFor(() => {
    expect(served.log()).toContain('"event":"stopping"')
  }, patiently)
  socket.write(picture.subarray(50))
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1.1 200/)
  expect(await stop(served)).toBe(0)
})

function claiming(side: number): Buffer {
  const claimed = Buffer.from(picture)
  claimed.writeUInt32BE(side, 16)
  claimed.writeUInt32BE(side, 20)
  claimed.writeUInt32BE(crc32(claimed.subarray(12, 29)), 29)
  return claimed
}

function flipped(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes)
  other[bytes.length >> 1]! ^= 1
  return other
}
