import { rowsOf, type MapImplementation, type Static } from '@etsef/plugin-api'
import { channelStatistics } from './channel-statistics.js'
import type { inputs, options, outputs } from './mean-colour.js'

type Implementation = MapImplementation<Static<typeof options>, typeof inputs, typeof outputs>

export const open: Implementation['open'] = ({ options: { deviation } }) =>
  Promise.resolve({
    apply: async (batch) => {
      const rows: number[][] = []
      // One picture at a time: none waits in memory.
      for (const index of batch.ids.keys()) {
        const { mean, std } = channelStatistics(await batch.load(index))
        rows.push(deviation ? [...mean, ...std] : mean)
      }
      const names = (word: string): string[] =>
        Array.from({ length: numChannels(rows, deviation) }, (_, c) => `${word}${String(c)}`)
      const featureNames = deviation ? [...names('mean'), ...names('std')] : names('mean')
      return {
        features: { kind: 'features', ...rowsOf(batch), features: Float32Array.from(rows.flat()), featureNames },
      }
    },
  })

function numChannels(rows: readonly (readonly number[])[], deviation: boolean): number {
  return (rows[0]?.length ?? 0) / (deviation ? 2 : 1)
}
