import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { architectureEntry, buildArchitecture } from '../architectures/build-architecture.js'
import { architectures } from '../architectures/catalogue.js'
import { findPublishedWeights, type PublishedWeights, publishedWeights } from './published-weights.js'
import provider, { weightsProviderOf } from './weights-provider.js'
import { cachedWeightsPath, pullWeights, verifyWeights } from './pull-weights.js'

describe('the catalogue', () => {
  test('has ids once, https addresses and networks that build', () => {
    expect(new Set(publishedWeights.map(({ id }) => id)).size).toBe(publishedWeights.length)
    for (const { architecture, options, url, checksum } of publishedWeights) {
      expect(url).toMatch(/^https:\/\/.*\.(pth|h5)$/)
      if (checksum !== undefined)
        expect(checksum.hex).toMatch(checksum.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{8,9}$/)
      expect(architectureEntry(architecture).variants).toContain(options.variant)
      buildArchitecture(architecture, options)
    }
  })

  test('has weights for every architecture', () => {
    const named = new Set(publishedWeights.map(({ architecture }) => architecture))
    expect(Object.keys(architectures).filter((name) => !named.has(name))).toEqual([])
  })

  test('names the ids of the same architecture when one is unknown', () => {
    expect(() => findPublishedWeights('resnet50/tensorflow')).toThrow(
      expect.objectContaining({ expected: 'resnet50/torchvision, resnet50/torchvision-v2, resnet50/keras' }),
    )
  })
})

describe('pulling', () => {
  const content = Buffer.from('pretend these are weights')
  const sha256 = createHash('sha256').update(content).digest('hex')
  let dir = ''
  let server: TestServer
  let entry: PublishedWeights

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'etsef-pull-'))
    server = await serve(content)
    entry = {
      id: 'x/y',
      architecture: 'x',
      options: {},
      url: `${server.url}/w.pth`,
      checksum: { algorithm: 'sha256', hex: sha256.slice(0, 8) },
      preprocessing: 'tf',
    }
    server.part = `${cachedWeightsPath(entry, dir)}.part`
  })
  afterEach(async () => {
    await server.close()
    await rm(dir, { recursive: true })
  })

  test('downloads once, checks and keeps the file', async () => {
    const progress: number[] = []
    const path = await pullWeights(entry, { dir, onProgress: (bytes) => progress.push(bytes) })
    expect(await readFile(path)).toEqual(content)
    expect(progress.at(-1)).toBe(content.length)
    await pullWeights(entry, { dir })
    expect(server.ranges).toEqual([undefined])
    expect(await verifyWeights(entry, dir)).toBe('ok')
    expect(await readdir(dirname(path))).toEqual(['w.pth'])
  })

  test('goes on at once where a download was cut, as long as it gets further', async () => {
    server.cuts = [9, 10]
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(server.ranges).toEqual([undefined, 'bytes=9-', 'bytes=19-'])
  })

  test('keeps what came before a cut, says so, and goes on from there when asked again', async () => {
    server.cuts = [9, 0]
    await expect(pullWeights(entry, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      message: 'the download of x/y was cut off',
      received: `9 bytes, kept in ${cachedWeightsPath(entry, dir)}.part`,
      hint: 'pull again: it goes on where it stopped',
    })
    expect(await verifyWeights(entry, dir)).toBe('missing')
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(server.ranges).toEqual([undefined, 'bytes=9-', 'bytes=9-'])
  })

  describe('when the file changes between two pieces', () => {
    const other = Buffer.from('PRETEND THESE ARE WEIGHTS')
    /** Without a checksum nothing but the server's word tells the pieces apart. */
    const unchecked = (): PublishedWeights => {
      const { id, architecture, options, url, preprocessing } = entry
      return { id, architecture, options, url, preprocessing }
    }

    test.each([
      ['is named by an ETag', { etag: '"1"' }, { etag: '"2"' }],
      [
        'is named by its time',
        { 'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT' },
        { 'last-modified': 'Mon, 02 Nov 2026 11:00:00 GMT' },
      ],
      ['has a weak ETag only', { etag: 'W/"1"' }, { etag: 'W/"1"' }],
      ['is not named at all', {}, {}],
    ])('and %s, none of the old one is kept', async (_, before, after) => {
      server.version = before
      server.cuts = [9]
      server.onCut = () => {
        server.content = other
        server.version = after
      }
      expect(await readFile(await pullWeights(unchecked(), { dir }))).toEqual(other)
    })

    test('and the server sends the rest of the new one all the same, none of the old one is kept', async () => {
      server.ignoresIfRange = true
      server.cuts = [9]
      server.onCut = () => {
        server.content = other
        server.version = { etag: '"2"' }
      }
      expect(await readFile(await pullWeights(unchecked(), { dir }))).toEqual(other)
      expect(server.ranges).toEqual([undefined, 'bytes=9-', undefined])
    })

    test('that an earlier pull got and a later one asks for, none of the old one is kept', async () => {
      server.cuts = [9, 0]
      await expect(pullWeights(unchecked(), { dir })).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
      server.content = other
      server.version = { etag: '"2"' }
      expect(await readFile(await pullWeights(unchecked(), { dir }))).toEqual(other)
    })
  })

  test('a part that is the whole file is not downloaded again', async () => {
    const path = cachedWeightsPath(entry, dir)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, content)
    await writeFile(`${path}.part.version`, '"1"')
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(server.ranges).toEqual([`bytes=${content.length}-`])
  })

  test('a part of unknown origin is not gone on with', async () => {
    const path = cachedWeightsPath(entry, dir)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, 'something')
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(server.ranges).toEqual([undefined])
  })

  test('a busy server is asked again', async () => {
    server.busy = 1
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
  })

  test('says what the server answers', async () => {
    server.isGone = true
    await expect(pullWeights(entry, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      message: 'the publisher of x/y answers 404',
    })
  })

  test('goes through the proxy of the environment', async () => {
    vi.stubEnv('http_proxy', server.url)
    vi.stubEnv('no_proxy', '')
    try {
      const far = { ...entry, url: 'http://weights.invalid/w.pth' }
      expect(await readFile(await pullWeights(far, { dir }))).toEqual(content)
      expect(server.asked).toContain('weights.invalid')
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('refuses a file with another checksum and sets it aside', async () => {
    const wrong: PublishedWeights = { ...entry, checksum: { algorithm: 'md5', hex: '0'.repeat(32) } }
    const aside = `${cachedWeightsPath(wrong, dir)}.wrong`
    await expect(pullWeights(wrong, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      expected: `md5 ${'0'.repeat(32)}`,
      received: `md5 ${createHash('md5').update(content).digest('hex')}, set aside as ${aside}`,
    })
    expect(await verifyWeights(wrong, dir)).toBe('missing')
    expect(await readFile(aside)).toEqual(content)
  })

  test('sets a changed file in the cache aside and downloads it anew', async () => {
    const path = cachedWeightsPath(entry, dir)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'changed')
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(await readFile(`${path}.wrong`, 'utf8')).toBe('changed')
  })

  test('says offline which file to place where', async () => {
    const nowhere = { ...entry, url: 'http://127.0.0.1:9/w.pth' }
    const path = cachedWeightsPath(nowhere, dir)
    await expect(pullWeights(nowhere, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      expected: 'http://127.0.0.1:9/w.pth',
      hint: `download that file on another machine and place it at ${path}; \`etsef weights verify ${path}\` then checks it`,
    })
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    expect(await pullWeights(nowhere, { dir })).toBe(path)
  })

  describe('through the provider', () => {
    test('lists, pulls and verifies by name', async () => {
      const provider = weightsProviderOf([{ ...entry, architecture: 'mobilenetV1' }])
      const [before] = await provider.list({ dir })
      expect(before).toMatchObject({
        name: 'x/y',
        state: 'missing',
        url: entry.url,
        path: join(dir, 'mobilenetV1/w.pth'),
      })
      expect(before!.summary).toContain('about 13 MB')
      const progress: number[] = []
      const { path } = await provider.pull('x/y', { dir, onProgress: (bytes) => progress.push(bytes) })
      expect(path).toBe(before!.path)
      expect(progress.at(-1)).toBe(content.length)
      expect((await provider.list({ dir }))[0]!.state).toBe('unchecked')
      expect(await provider.verify('x/y', { dir })).toEqual({ name: 'x/y', path, state: 'ok' })
    })

    test('knows a file anywhere by its name or its checksum', async () => {
      const provider = weightsProviderOf([entry])
      await writeFile(join(dir, 'renamed.bin'), content)
      await writeFile(join(dir, 'w.pth'), 'changed')
      await writeFile(join(dir, 'other.pth'), 'other')
      expect(await provider.verify(join(dir, 'renamed.bin'))).toMatchObject({ name: 'x/y', state: 'ok' })
      expect(await provider.verify(join(dir, 'w.pth'))).toMatchObject({ name: 'x/y', state: 'wrong' })
      await expect(provider.verify(join(dir, 'other.pth'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS' })
    })

    test('suggests the nearest name', async () => {
      await expect(provider.pull('resnet50/kera')).rejects.toMatchObject({
        code: 'ERR_WEIGHTS',
        expected: 'resnet50/torchvision, resnet50/torchvision-v2, resnet50/keras',
        hint: 'did you mean "resnet50/keras"?',
      })
    })
  })

  test('reports a changed file in the cache', async () => {
    const path = await pullWeights(entry, { dir })
    await writeFile(path, 'changed')
    expect(await verifyWeights(entry, dir)).toBe('wrong')
  })
})

interface TestServer {
  readonly url: string
  content: Buffer
  /** Headers that name the version of the content. */
  version: OutgoingHttpHeaders
  /** Bytes after which the next answers are cut off; later ones are sent whole. */
  cuts: number[]
  /** Where the client writes what it has. */
  part: string
  onCut: () => void
  /** Answers 503 this often. */
  busy: number
  isGone: boolean
  ignoresIfRange: boolean
  readonly ranges: (string | undefined)[]
  /** Hosts that were asked for. */
  readonly asked: (string | undefined)[]
  close(): Promise<void>
}

/** A server of one file that sends parts of it; also a proxy of every other server. */
async function serve(content: Buffer): Promise<TestServer> {
  const http = createServer((request, response) => {
    const { range, 'if-range': ifRange, host } = request.headers
    state.ranges.push(range)
    state.asked.push(host)
    if (state.isGone || state.busy-- > 0) {
      response.writeHead(state.isGone ? 404 : 503, { 'retry-after': '0' }).end()
      return
    }
    const { version, content } = state
    const isSame = state.ignoresIfRange || ifRange === (version['etag'] ?? version['last-modified'])
    const from = isSame ? Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) : 0
    if (from >= content.length) {
      response.writeHead(416, { ...version, 'content-range': `bytes */${content.length}` }).end()
      return
    }
    const part = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}
    response.writeHead(from > 0 ? 206 : 200, { ...version, ...part, 'content-length': content.length - from })
    const cut = state.cuts.shift()
    if (cut === undefined) {
      response.end(content.subarray(from))
      return
    }
    response.flushHeaders()
    response.write(content.subarray(from, from + cut))
    // Cut only when the client has written what was sent: a connection that breaks may take with it what is still on its way.
    void vi
      .waitFor(async () => expect((await readFile(state.part)).length).toBeGreaterThanOrEqual(from + cut), 10_000)
      .then(() => {
        state.onCut()
        response.destroy()
      })
  })
  // As a proxy: both ends of the tunnel are here.
  http.on('connect', (request, socket) => {
    state.asked.push(request.url?.split(':')[0])
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    http.emit('connection', socket)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const state: TestServer = {
    url: `http://127.0.0.1:${port}`,
    content,
    version: { etag: '"1"' },
    cuts: [],
    part: '',
    onCut: () => undefined,
    busy: 0,
    isGone: false,
    ignoresIfRange: false,
    ranges: [],
    asked: [],
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return state
}
