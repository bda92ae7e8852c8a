import type { Model } from '@etsef/nn'
import { PipelineError, type ImageBatch, type SeedlessContext } from '@etsef/plugin-api'
import { explainRows } from '../grad-cam/explain-rows.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { openExplainer } from '../grad-cam/open-explainer.js'
import { placeMap, receptiveGrid } from '../grad-cam/receptive-grid.js'
import type { CaseMap } from './cases-json.js'

/** A map that can be laid over a picture. */
export interface DrawableMap {
  readonly values: ArrayLike<number>
  readonly shape: readonly [height: number, width: number]
  readonly about: Omit<CaseMap, 'file'>
}

/** A row and the classes that are asked for. */
export interface AskedRow {
  readonly row: number
  readonly classes: readonly number[]
}

/**
 * Grad-CAM maps of a network for classes that are named for each row: what speaks for the answer, and what for the true class. Only a report may ask for the
 * latter, for only a report sees the labels of test rows.
 *
 * @returns Maps of each row, in the order of its classes.
 * @throws PipelineError `ERR_CLASS_LIST` for a network of other classes, and as `xai/grad-cam` for one without head.
 */
export async function classMaps(
  name: string,
  model: Model,
  {
    images,
    asked,
    ctx,
  }: { readonly images: ImageBatch; readonly asked: readonly AskedRow[]; readonly ctx: SeedlessContext },
): Promise<DrawableMap[][]> {
  const { classNames } = images
  if (model.classNames.join('\n') !== classNames.join('\n')) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `The network "${name}" has other classes than the images`,
      port: 'models',
      expected: classNames.join(', '),
      received: model.classNames.join(', ') || 'none: it has no classification head',
    })
  }
  const questions = asked.flatMap(({ row, classes }) => classes.map((target) => ({ row, target })))
  const explainer = await openExplainer(model, {
    ...{ method: 'grad-cam', engine: ctx.engine, threads: ctx.threads },
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  try {
    const [height, width] = explainer.layer.shape
    const shape = [model.graph.inputShape[0], model.graph.inputShape[1]] as const
    const grid = receptiveGrid(model.graph, explainer.layer.name)
    const found = await explainRows(
      explainer,
      questions.map(({ row }) => row),
      (row) => images.load(row),
      { batchSize: 8, target: questions.map(({ target }) => target), signal: ctx.signal },
    )
    const maps = found.map(({ map, target }): DrawableMap => {
      const values = placeMap(map, [height, width], grid, shape)
      const { max, isEmpty } = normalizeMap(values)
      const explainedClass = classNames[target]!
      return { values, shape, about: { name, method: 'grad-cam', unit: 'logit', explainedClass, max, isEmpty } }
    })
    return asked.map(({ classes }) => maps.splice(0, classes.length))
  } finally {
    await explainer.close()
  }
}
