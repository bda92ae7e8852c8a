import {
  PipelineError,
  collectAttributions,
  indexIds,
  type AttributionBatch,
  type CombineImplementation,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { upsampleMap } from '../grad-cam/upsample-map.js'
import { mapShapeOf } from '../picture-maps/map-shape.js'
import { combinedMap } from './combined-map.js'
import type { CombineMapsOptions, combineMapsInputs, combineMapsOutputs } from './combine-maps.js'

type Implementation = CombineImplementation<CombineMapsOptions, typeof combineMapsInputs, typeof combineMapsOutputs>

/** One map for each row, of the size of the largest input's. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const sources: Source[] = []
  for (const { name, value } of inputs.attributions)
    sources.push(sourceOf(name, await collectAttributions(value, ctx.signal)))
  const [first] = sources
  for (const other of sources.slice(1)) refuseOthers(first!, other)
  const [height, width] = sources.reduce(
    (largest, { shape }) => (shape[0] * shape[1] > largest[0] * largest[1] ? shape : largest),
    first!.shape,
  )
  const { batch } = first!
  const values = new Float32Array(batch.ids.length * height * width)
  const empty = new Uint8Array(batch.ids.length)
  batch.ids.forEach((id, row) => {
    const maps = sources.map((source) => {
      const at = source.rowOf(id)
      refuseOtherClass(first!, row, source, at)
      const size = source.shape[0] * source.shape[1]
      const own = source.batch.values.subarray(at * size, (at + 1) * size)
      return source.shape[0] === height && source.shape[1] === width
        ? own
        : upsampleMap(own, source.shape, [height, width])
    })
    const map = combinedMap(maps, options.combine)
    values.set(map, row * height * width)
    empty[row] = Number(normalizeMap(map).isEmpty)
  })
  const combined: AttributionBatch = {
    ...batch,
    ...{ values, empty, shape: [height, width], unit: 'share of the maximum' },
    method: `${options.combine} of ${sources.map(({ batch: { method } }) => method).join(' and ')}`,
    additivityResidual: new Float64Array(batch.ids.length).fill(NaN),
  }
  return { attributions: of(combined) }
}

/** Maps of one input. */
interface Source {
  readonly name: string
  readonly batch: AttributionBatch
  readonly shape: readonly [height: number, width: number]
  readonly rowOf: (id: string) => number
}

/** @throws PipelineError as {@link mapShapeOf}. */
function sourceOf(name: string, batch: AttributionBatch): Source {
  const [height, width] = mapShapeOf(batch, name)
  const index = indexIds(batch.ids, name)
  return {
    ...{ name, batch, shape: [height, width] },
    rowOf: (id) => {
      const row = index.get(id)
      if (row !== undefined) return row
      throw new PipelineError('ERR_MISSING_ID', {
        message: `"${name}" has no map of row "${id}", which another has`,
        port: 'attributions',
        hint: 'give all of them the same images, partition and maxImages',
      })
    },
  }
}

function refuseOthers({ batch: { classNames } }: Source, { name, batch }: Source): void {
  if (classNames.join('\n') === batch.classNames.join('\n')) return
  throw new PipelineError('ERR_CLASS_LIST', {
    message: `The maps of "${name}" are of other classes`,
    port: 'attributions',
    expected: classNames.join(', '),
    received: batch.classNames.join(', '),
  })
}

/** Evidence for one class and for another have no common map. */
function refuseOtherClass(first: Source, row: number, { name, batch }: Source, at: number): void {
  const [wanted, found] = [first.batch.targets[row]!, batch.targets[at]!]
  if (wanted === found) return
  throw new PipelineError('ERR_BAD_DATA', {
    message: `Maps of row "${batch.ids[at]!}" explain different classes`,
    port: 'attributions',
    expected: `${first.batch.classNames[wanted] ?? '?'}, as "${first.name}"`,
    received: `${batch.classNames[found] ?? '?'}, of "${name}"`,
    hint: 'give xai/grad-cam of each base model the predictions of the vote, or name a targetClass',
  })
}
