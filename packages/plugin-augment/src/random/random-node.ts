import { drawView, makeView, type ViewParameters } from '@etsef/nn/images'
import {
  collectImages,
  createRng,
  PipelineError,
  pickRows,
  type CombineImplementation,
  type ImageBatch,
  type Json,
  type OperationContext,
  type PixelImage,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { colourChangeOf, noColour, type randomInputs, type randomOptions, type randomOutputs } from './random.js'
import { restrictRecipe, viewRecipe } from './view-recipe.js'

type Options = Static<typeof randomOptions>
type Implementation = CombineImplementation<Options, typeof randomInputs, typeof randomOutputs, OperationContext>

/** Train rows whose colours are looked at. */
const looked = 16

/** The rows as they came; each train row with the seed of its views. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const batch = await collectImages(inputs.images, ctx.signal)
  const isTrain = batch.partitions.map((partition) => partition === 'train')
  await refuseGrey(batch, isTrain, options)
  const rows = [...batch.ids.keys()]
  return {
    images: of({
      kind: 'images' as const,
      ...pickRows(batch, rows),
      uris: batch.uris,
      parentIds: batch.parentIds,
      parameters: batch.ids.map((id, row) => (isTrain[row] ? `${ctx.seed}/${id}` : null)),
    }),
  }
}

/** A view of a train row where one is asked for; else the picture as it came. */
export const loadPixels: NonNullable<Implementation['loadPixels']> = async (args) => {
  const image = await args.upstream()
  const { parameters, draw, options, side = Math.min(image.shape[0], image.shape[1]) } = args
  if (draw === undefined || typeof parameters !== 'string') return image
  const view = viewOf(image, options, { seed: parameters, draw })
  const data = await makeView(image, side, view)
  return { dtype: 'float32', shape: [side, side, 3], data, drawn: describe(view) }
}

function describe({ crop, colour, ...others }: ViewParameters): Json {
  return { crop: { ...crop }, colour: colour.map((each) => ({ ...each })), ...others }
}

/** What a draw does to a row: the same for the same options, seed and number. */
export function viewOf(
  image: PixelImage,
  options: Options,
  { seed, draw }: { readonly seed: string; readonly draw: number },
): ViewParameters {
  const recipe = viewRecipe(options)
  const own = options.pairs ? restrictRecipe(recipe, options.pairs[draw % options.pairs.length]!) : recipe
  return drawView(image.shape[0], image.shape[1], own, createRng(seed, draw))
}

/** @throws PipelineError `ERR_BAD_OPTION` where colours change of pictures that have none. */
async function refuseGrey(batch: ImageBatch, isTrain: readonly boolean[], options: Options): Promise<void> {
  const option = colourChangeOf(options)
  const rows = [...isTrain.keys()].filter((row) => isTrain[row]).slice(0, looked)
  if (option === undefined || rows.length === 0) return
  for (const row of rows) if (hasColour(await batch.load(row))) return
  throw new PipelineError('ERR_BAD_OPTION', {
    ...noColour,
    option,
    received: `no colour in the first ${rows.length} train pictures`,
  })
}

function hasColour({ shape: [, , channels], data }: PixelImage): boolean {
  if (channels < 3) return false
  for (let at = 0; at < data.length; at += channels) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return true
  }
  return false
}
