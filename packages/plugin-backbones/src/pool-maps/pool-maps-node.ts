import { PipelineError, rowsOf, type MapImplementation, type Static } from '@etsef/plugin-api'
import { poolGrid } from './pool-grid.js'
import type { poolMapsInputs, poolMapsOptions, poolMapsOutputs } from './pool-maps.js'

type Implementation = MapImplementation<Static<typeof poolMapsOptions>, typeof poolMapsInputs, typeof poolMapsOutputs>

/** Pools batch by batch. */
export const open: Implementation['open'] = ({ options: { pooling, grid } }) =>
  Promise.resolve({
    apply: (batch) => {
      const [height, width, channels, ...more] = batch.shape
      if (height === undefined || width === undefined || channels === undefined || more.length > 0)
        throw new PipelineError('ERR_SHAPE_MISMATCH', {
          message: 'These tensors are no maps',
          expected: '[height, width, channels]',
          received: `[${batch.shape.join(', ')}]`,
          hint: 'name a spatial layer',
        })
      if (grid > Math.min(height, width))
        throw new PipelineError('ERR_BAD_OPTION', {
          message: `Maps of ${String(height)} × ${String(width)} cannot be pooled in ${String(grid)} × ${String(grid)} parts`,
          option: 'grid',
          expected: `at most ${String(Math.min(height, width))}`,
          received: String(grid),
        })
      const features = poolGrid(batch.data, { height, width, channels, grid, pooling })
      const featureNames = Array.from({ length: grid * grid * channels }, (_, at) =>
        grid === 1 ? `map${String(at)}` : `map${String(at % channels)}@${partName(Math.floor(at / channels), grid)}`,
      )
      return Promise.resolve({ features: { kind: 'features', ...rowsOf(batch), features, featureNames } })
    },
  })

function partName(part: number, grid: number): string {
  return `${String(Math.floor(part / grid))},${String(part % grid)}`
}
