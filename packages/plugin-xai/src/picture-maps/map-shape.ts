import { PipelineError, type AttributionBatch } from '@etsef/plugin-api'

/**
 * Height and width of the maps of a batch.
 *
 * @param name - Of the input, as the pipeline has it.
 * @throws PipelineError `ERR_SHAPE_MISMATCH` for attributions of columns.
 */
export function mapShapeOf(
  { shape }: Pick<AttributionBatch, 'shape'>,
  name: string,
): readonly [height: number, width: number] {
  const [height, width, ...more] = shape
  if (height !== undefined && width !== undefined && more.length === 0) return [height, width]
  throw new PipelineError('ERR_SHAPE_MISMATCH', {
    message: `"${name}" gives no maps of pictures`,
    port: 'attributions',
    expected: '[height, width]',
    received: `[${shape.join(', ')}]`,
    hint: 'take those of xai/grad-cam, xai/pixels or xai/vote-shap; attributions of columns have no place in a picture',
  })
}
