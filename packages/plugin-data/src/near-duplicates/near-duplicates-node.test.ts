import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageBatch, ImageRows, Partition, ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { aPicture } from '../testing/a-picture.js'

const operationOf = (type: string) => plugin.operations.find((each) => each.type === type)!

function images(seeds: readonly number[], partitions: readonly Partition[], groups?: readonly string[]): ImageBatch {
  const rows = someImages({ numSamples: seeds.length, partition: (i) => partitions[i]! })
  return {
    ...rows,
    sourceIds: seeds.map((seed, i) => `${String(seed)}-${String(i)}-${partitions.join()}`),
    groups: groups ?? rows.groups.map((_, i) => `${String(seeds[0])}-${String(i)}`),
    load: (i) => Promise.resolve(aPicture(seeds[i]!, 40 + i)),
  }
}

describe('data/near-duplicates', () => {
  const audit = (inputs: Record<string, ImageBatch>, options = {}) =>
    runOperation(operationOf('data/near-duplicates'), {
      options,
      inputs: { images: Object.entries(inputs).map(([name, value]) => ({ name, value })) },
    })
  const parted = images([1, 2, 1], ['train', 'val', 'test'])

  test('refuses a near-duplicate across partitions, and names both', async () => {
    await expect(audit({ split: parted })).rejects.toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringMatching(
        /^"split: row-0000 \(train\)" and "split: row-0002 \(test\)" are near-duplicates: \d+ of 256 bits differ/,
      ) as string,
      port: 'images',
      received: '1 pair across partitions',
    })
  })
  test('or reports it, with the groups that keep them together', async () => {
    const { outputs, logs, ...result } = await audit({ split: parted }, { acrossPartitions: 'report' })
    const { dir, metrics } = outputs['report'] as ReportValue
    expect(metrics).toMatchObject({ pictures: 3, nearDuplicateGroups: 1, 'pairs.acrossPartitions': 1 })
    expect(readFileSync(join(dir, 'groups.csv'), 'utf8').split('\n').slice(0, 4)).toEqual([
      'file,group,partition,class,nearDuplicates',
      'row-0000,1-0,train,class0,0',
      'row-0001,1-1,val,class1,1',
      'row-0002,1-0,test,class0,0',
    ])
    expect(readFileSync(join(dir, 'pairs.csv'), 'utf8')).toMatch(/\nyes,no,\d+,0\.9\d+,split,row-0000,train/)
    expect(readFileSync(join(dir, 'table.md'), 'utf8')).toContain('| pairs across partitions | 1 |')
    expect(logs).toMatchObject([{ level: 'warn' }])
    result.dispose()
  })
  test('refuses a test picture in the corpus of pre-training', async () => {
    const inputs = { split: images([1, 2], ['train', 'test']), corpus: images([3, 2], ['train', 'train']) }
    await expect(audit(inputs)).rejects.toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringContaining('"split: row-0001 (test)" and "corpus: row-0001 (train)"') as string,
      hint: expect.stringContaining('pre-trained') as string,
    })
  })
  test('reports or refuses a patient of the test rows in the corpus', async () => {
    const inputs = {
      split: images([1, 2], ['train', 'test'], ['odir-1', 'odir-2']),
      corpus: images([3, 4], ['train', 'train'], ['odir-1', 'odir-2']),
    }
    await expect(audit(inputs, { sharedGroups: 'refuse' })).rejects.toMatchObject({
      code: 'ERR_LEAKAGE',
      message: expect.stringContaining('Group "odir-2"') as string,
      option: 'sharedGroups',
    })
    const { outputs, logs, ...result } = await audit(inputs)
    const { dir, metrics } = outputs['report'] as ReportValue
    expect(metrics['sharedGroups.acrossPartitions']).toBe(1)
    expect(readFileSync(join(dir, 'shared-groups.csv'), 'utf8')).toContain(
      'odir-2,split,row-0001,corpus,row-0001,train',
    )
    expect(readFileSync(join(dir, 'groups-corpus.csv'), 'utf8')).toContain('row-0001,odir-2')
    expect(logs.map(({ message }) => message)).toEqual([expect.stringContaining('Group "odir-2"')])
    result.dispose()
  })
})

describe('data/folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'etsef-near-'))
  beforeAll(async () => {
    for (const [file, seed, quality] of [
      ['a/1.jpg', 1, 95],
      ['a/2.jpg', 2, 95],
      ['b/3.jpg', 3, 95],
      ['b/4.jpg', 2, 60],
    ] as const) {
      mkdirSync(join(root, file, '..'), { recursive: true })
      const { data, shape } = aPicture(seed, 64)
      await sharp(data as Uint8Array, { raw: { width: shape[1], height: shape[0], channels: 3 } })
        .jpeg({ quality })
        .toFile(join(root, file))
    }
  })
  afterAll(() => {
    rmSync(root, { recursive: true, force: true })
  })
  const groupsOf = async (options: object) => {
    const { outputs, logs, ...result } = await runOperation(operationOf('data/folder'), {
      options: { path: root, ...options },
    })
    result.dispose()
    return { groups: (outputs['images'] as ImageRows).groups, logs: logs.map(({ message }) => message) }
  }

  test('groups near-duplicates when asked to, and says when they are of different classes', async () => {
    expect((await groupsOf({})).groups).toEqual(['a/1.jpg', 'a/2.jpg', 'b/3.jpg', 'b/4.jpg'])
    const { groups, logs } = await groupsOf({ nearDuplicates: 'group' })
    expect(groups).toEqual(['a/1.jpg', 'a/2.jpg', 'b/3.jpg', 'a/2.jpg'])
    expect(logs).toContainEqual(expect.stringContaining('"a/2.jpg" (a) and "b/4.jpg" (b)'))
  })
})
