import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../../fixtures/brightness-predictor.js'
import { votingPredictor } from '../../fixtures/voting-predictor.js'
import plugin from '../plugin.js'
import type { MembersJson } from './members-report.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/members')!

const share = async (
  options: Record<string, unknown> = {},
  { images = someImages(), predictor = votingPredictor() } = {},
): Promise<MembersJson & Pick<ReportValue, 'metrics'>> => {
  const { outputs, dispose } = await runOperation(operation, { options, inputs: { images, predictor } })
  const { dir, metrics } = outputs['report'] as ReportValue
  const json = JSON.parse(readFileSync(join(dir, 'members.json'), 'utf8')) as MembersJson
  dispose()
  return { ...json, metrics }
}

describe('xai/members', () => {
  test('shares the margin of the vote among classifiers and among base models, exactly', async () => {
    const { cases, metrics } = await share()
    expect(cases).toHaveLength(8)
    expect(metrics['residual']).toBeLessThan(1e-9)
    for (const { classifiers, baseModels, value } of cases) {
      expect(Object.keys(classifiers.shares)).toEqual(['left', 'right', 'bright'])
      expect(Object.keys(baseModels!.shares)).toEqual(['net1', 'net2'])
      expect(classifiers.base).toBe(0)
      for (const { base, shares } of [classifiers, baseModels!])
        expect(Object.values(shares).reduce((sum, each) => sum + each, base)).toBeCloseTo(value, 9)
    }
  })

  test('gives by hand: of two who speak for the answer and one against it', async () => {
    // Margins of the coalitions: {a} 1, {b} 1, {c} −1, {a,b} 1, {a,c} 0, {b,c} 0, all 1/3.
    const [first] = (await share()).cases.filter(({ value }) => Math.abs(value - 1 / 3) < 1e-9)
    const shares = Object.values(first!.classifiers.shares).sort((a, b) => a - b)
    expect(shares[0]).toBeCloseTo(-8 / 9, 9)
    expect(shares[1]).toBeCloseTo(11 / 18, 9)
    expect(shares[2]).toBeCloseTo(11 / 18, 9)
  })

  test('gives a member that always abstains exactly nothing, and a vote of such members a margin of nothing', async () => {
    const one = await share({}, { predictor: votingPredictor({ mute: ['right'] }) })
    for (const { classifiers } of one.cases) expect(classifiers.shares['right']).toBe(0)
    const all = await share({}, { predictor: votingPredictor({ mute: ['left', 'right', 'bright'] }) })
    for (const { isAbstained, value, classifiers, baseModels } of all.cases) {
      expect([isAbstained, value]).toEqual([true, 0])
      for (const each of [classifiers, baseModels!])
        expect(Object.values(each.shares).every((share) => share === 0)).toBe(true)
    }
  })

  test('draws what stands for a base model from train rows only', async () => {
    const images = someImages()
    const blackened = (partition: string) => ({
      ...images,
      load: async (index: number) => {
        const picture = await images.load(index)
        return images.partitions[index] === partition
          ? { ...picture, data: new Uint8Array(picture.data.length) }
          : picture
      },
    })
    const before = await share({}, { images })
    expect((await share({}, { images: blackened('val') })).cases).toEqual(before.cases)
    expect((await share({}, { images: blackened('train') })).cases).not.toEqual(before.cases)
  })

  test('refuses a predictor without members, and images without train rows', async () => {
    await expect(share({}, { predictor: brightnessPredictor() })).rejects.toMatchObject({
      code: 'ERR_PORT_KIND',
      port: 'predictor',
    })
    await expect(share({}, { images: someImages({ partition: () => 'test' }) })).rejects.toMatchObject({
      code: 'ERR_TOO_FEW_ROWS',
    })
  })
})
