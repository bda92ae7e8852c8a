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

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'etsef-pull-'))
    ranges = []
    server = createServer((request, response) => {
      const { range } = request.headers
      ranges.push(range)
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
      if (from >= content.length) response.writeHead(416).end()
      else
        response
          .writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from })
          .end(content.subarray(from))
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

  test('refuses and removes a file with another checksum', async () => {
    const wrong: PublishedWeights = { ...entry, checksum: { algorithm: 'md5', hex: '0'.repeat(32) } }
    await expect(pullWeights(wrong, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      expected: `md5 ${'0'.repeat(32)}`,
    })
    expect(await verifyWeights(wrong, dir)).toBe('missing')
  })

  test('says offline which file to place where', async () => {
    const nowhere = { ...entry, url: 'http://127.0.0.1:9/w.pth' }
    await expect(pullWeights(nowhere, { dir })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      hint: `download it elsewhere and place it at ${cachedWeightsPath(nowhere, dir)}`,
    })
  })

  test('reports a changed file in the cache', async () => {
    const path = await pullWeights(entry, { dir })
    await writeFile(path, 'changed')
    expect(await verifyWeights(entry, dir)).toBe('wrong')
  })
})
