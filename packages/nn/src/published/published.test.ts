import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
      'resnet50/torchvision, resnet50/torchvision-v2, resnet50/keras',
    )
  })
})

describe('pulling', () => {
  const content = Buffer.from('pretend these are weights')
  const sha256 = createHash('sha256').update(content).digest('hex')
  let dir = ''
  let server: Server
  let ranges: (string | undefined)[] = []
  let entry: PublishedWeights
  /** Bytes after which the server hangs up; `undefined` sends everything. */
  let cutAfter: number | undefined

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'etsef-pull-'))
    ranges = []
    cutAfter = undefined
    server = createServer((request, response) => {
      const { range } = request.headers
      ranges.push(range)
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
      if (from >= content.length) {
        response.writeHead(416).end()
        return
      }
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from })
      if (cutAfter === undefined) response.end(content.subarray(from))
      else response.write(content.subarray(from, from + cutAfter), () => setTimeout(() => response.destroy(), 20))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    entry = {
      id: 'x/y',
      architecture: 'x',
      options: {},
      url: `http://127.0.0.1:${port}/w.pth`,
      checksum: { algorithm: 'sha256', hex: sha256.slice(0, 8) },
      preprocessing: 'tf',
    }
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(dir, { recursive: true })
  })

  test('downloads once, checks and keeps the file', async () => {
    const progress: number[] = []
    const path = await pullWeights(entry, { dir, onProgress: (bytes) => progress.push(bytes) })
    expect(await readFile(path)).toEqual(content)
    expect(progress.at(-1)).toBe(content.length)
    await pullWeights(entry, { dir })
    expect(ranges).toEqual([undefined])
    expect(await verifyWeights(entry, dir)).toBe('ok')
  })

  test('goes on where an interrupted download stopped', async () => {
    const path = cachedWeightsPath(entry, dir)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, content.subarray(0, 10))
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(ranges).toEqual(['bytes=10-'])
  })

  test('keeps what came before a cut, says so, and goes on from there', async () => {
    cutAfter = 9
    await expect(pullWeights(entry, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      message: 'the download of x/y was cut off',
      received: `9 bytes, kept in ${cachedWeightsPath(entry, dir)}.part`,
    })
    expect(await verifyWeights(entry, dir)).toBe('missing')
    cutAfter = undefined
    expect(await readFile(await pullWeights(entry, { dir }))).toEqual(content)
    expect(ranges).toEqual([undefined, 'bytes=9-'])
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
